import { type Client, connect, type TestApp } from '../setup/app.ts';

const sharedFields = `
  title sharedBy sharedAt forMembers own asksVerdict hidden newReader
  verdicts { members { count best ties allBad } others { count best ties allBad } }
  turns {
    prompt
    files { name kind mediaType bytes pages width height url thumbnailUrl }
    answers {
      letter model { name providerId providerName } stoodIn { name } status refusal merged compared
      parts { text image { name url thumbnailUrl } } citations { url title }
      figures { credits inputTokens outputTokens firstTokenMs durationMs }
    }
  }`;

export const shareDocument = `mutation ($input: ShareInput!) {
  shareConversation(input: $input) { id url title audience expiresAt withFigures withName asksVerdict conversation { id } }
}`;
export const sharedDocument = `query ($key: String!) { sharedConversation(key: $key) { ${sharedFields} } }`;
const judgeDocument = `mutation ($input: JudgeSharedInput!) { judgeShared(input: $input) { ${sharedFields} } }`;

export interface ShareInput {
  conversationId: string;
  throughTurnId?: string;
  audience?: 'MEMBERS' | 'LINK';
  expiresAt?: string;
  withFigures?: boolean;
  withName?: boolean;
  asksVerdict?: boolean;
}

export interface Shared {
  id: string;
  url: string;
  key: string;
}

/** Shares with anyone who has the link, unless the input says otherwise. */
export async function share(client: Client, input: ShareInput): Promise<Shared> {
  const { shareConversation } = await client.gql(shareDocument, { input: { audience: 'LINK', ...input } });
  return { ...shareConversation, key: shareConversation.url.split('/').at(-1) };
}

/** Shares, is refused, and returns why. */
export async function shareRefusal(client: Client, input: ShareInput) {
  const { errors } = await client.post(shareDocument, { input: { audience: 'LINK', ...input } });
  return { message: errors?.[0]?.message, ...errors?.[0]?.extensions };
}

/** What the client is shown; null: nothing. */
export async function read(client: Client, key: string) {
  return (await client.gql(sharedDocument, { key })).sharedConversation;
}

/** Everything that an answer of a share says. */
export const textOf = (answer: { parts: { text: string | null }[] }) => answer.parts.map(({ text }) => text).join('');

/** Somebody who is signed out, with the cookie by which shares know their browser. */
export function stranger({ url }: Pick<TestApp, 'url'>, token?: string): Client {
  return connect(url, token === undefined ? {} : { cookie: `polylogue_reader=${token}` });
}

export interface SharedBallot {
  kind: 'BEST' | 'TIE' | 'ALL_BAD';
  bestLetters?: string[];
}

/** Judges, and returns what the client is shown from then on. */
export async function judgeShared(client: Client, key: string, ballot: SharedBallot) {
  return (await client.gql(judgeDocument, { input: { key, ...ballot } })).judgeShared;
}

export async function judgingRefusal(client: Client, key: string, ballot: SharedBallot) {
  const { errors } = await client.post(judgeDocument, { input: { key, ...ballot } });
  return { message: errors?.[0]?.message, ...errors?.[0]?.extensions };
}
