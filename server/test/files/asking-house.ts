import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { Asked, PromptInput } from '../api/asking.ts';
import { type Client, startApp, type TestApp, type TestAppOptions } from '../setup/app.ts';
import type { TestDatabase } from '../setup/describe-databases.ts';
import { quickPasswords } from '../setup/members.ts';
import { startWireServer, type WireServer } from '../wire-server.ts';
import { pixel, type StoredFile, storeFile } from './stored-file.ts';

/** An app whose models are on the wire server: those of three providers, and of a server of open models. */
export function askingHouse(database: () => TestDatabase, options: Pick<TestAppOptions, 'env'> = {}) {
  const house = {} as { wire: WireServer; app: TestApp; member: Client };
  beforeAll(async () => {
    house.wire = await startWireServer();
    const { wire } = house;
    const catalogue = catalogueOf(wire);
    const passwords = quickPasswords;
    house.app = await startApp({ database: database(), wire, catalogue, retryDelayMs: 1, passwords, ...options });
  });
  beforeEach(async () => {
    house.wire.reset();
    house.member = await house.app.newMember();
  });
  afterAll(async () => {
    await house.app?.close();
    await house.wire?.close();
  });
  return {
    get wire() {
      return house.wire;
    },
    get app() {
      return house.app;
    },
    get member() {
      return house.member;
    },
    store: (file: StoredFile, email = house.member.email) => storeFile(database().db, email, file),
  };
}

function catalogueOf(wire: WireServer) {
  const model = {
    minimumTier: 'FREE',
    contextWindow: 200_000,
    maxOutputTokens: 1_000,
    inputPriceUsd: 1,
    outputPriceUsd: 2,
  };
  return {
    providers: [{ id: 'box', name: 'Box', kind: 'openai-compatible', baseURL: `${wire.url}/v1` }],
    models: [
      { ...model, id: 'box/seeing', name: 'Seeing', accepts: ['TEXT', 'IMAGE', 'PDF'], fallbacks: ['box/reading'] },
      { ...model, id: 'box/reading', name: 'Reading', accepts: ['TEXT'] },
      { ...model, id: 'box/small', name: 'Small', accepts: ['TEXT', 'IMAGE'], contextWindow: 8_000 },
      { ...model, id: 'google/gemini-3-pro-image', name: 'Drawing', accepts: ['TEXT', 'IMAGE'] },
      { ...model, id: 'box/wide', name: 'Wide', accepts: ['TEXT'], contextWindow: 2_000_000 },
    ],
    defaultModels: ['box/seeing'],
  };
}

export const image: StoredFile = {
  name: 'pixel.png',
  kind: 'IMAGE',
  mediaType: 'image/png',
  content: pixel,
  width: 1,
  height: 1,
};

export const pdf: StoredFile = {
  name: 'report.pdf',
  kind: 'PDF',
  mediaType: 'application/pdf',
  content: Buffer.from('%PDF-1.7 a small one'),
  text: '[Page 1]\nProfits rose.\n[Page 2]\nThe end.',
  pages: 2,
};

export const docx: StoredFile = {
  name: 'letter.docx',
  kind: 'DOCUMENT',
  mediaType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  content: Buffer.from('PK a document'),
  text: 'Dear Ada,\n\nit works.',
};

/** About 3 MB. */
export const csv: StoredFile = textFile(
  'sales.csv',
  `product,remark\n${'apples,incomprehensibilities notwithstanding\n'.repeat(70_000)}`,
);

export function textFile(name: string, text: string): StoredFile {
  return { name, kind: 'TEXT', mediaType: 'text/plain; charset=utf-8', content: Buffer.from(text), text };
}

const quoteDocument = `query ($input: SendPromptInput!) {
  quote(input: $input) { maximum held models { model { id } inputTokens maximum fileForms filesLeftOut } }
}`;

export async function quote(client: Client, input: PromptInput) {
  return (await client.gql(quoteDocument, { input })).quote;
}

/** What the turn's responses say of files, by lane. */
export async function filesTold(client: Client, { turn }: Asked) {
  const document = `query ($id: ID!) {
    node(id: $id) { ... on Turn { responses { model { id } status fileForms filesLeftOut failure { code retryable } } } }
  }`;
  return (await client.gql(document, { id: turn.id })).node.responses;
}
