import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findReceipts } from '../../src/database/receipts.ts';
import type { LanguageModel } from '../../src/ports/language-model.ts';
import { adapterOf } from '../providers/answers.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import { startWireServer, type WireServer } from '../wire-server.ts';
import { expectReconciled } from './audit.ts';
import { labCatalogue } from './catalogue.ts';
import { addMember, type House, startHouse, until } from './house.ts';

/** An answer as a provider sends it, and the tokens to be billed. null: nothing is billed. */
interface Case {
  name: string;
  api: string;
  status?: number;
  headers?: Record<string, string>;
  body: string | Buffer;
  billed: { input: number; cached: number; output: number; reasoning: number; cacheWrite?: number } | null;
  /** An alternative billing, if the answer is accepted as complete. */
  billedToo?: Case['billed'];
}

const events = (...data: object[]) => data.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
const chat = (usage: object) =>
  `${events({ choices: [{ index: 0, delta: { content: 'Hello.' }, finish_reason: 'stop' }] }, { choices: [], usage })}data: [DONE]\n\n`;
const message = (start: object, delta: object) =>
  events(
    { type: 'message_start', message: { content: [], usage: start } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello.' } },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: delta },
    { type: 'message_stop' },
  );
const content = (usageMetadata: object) =>
  events({
    candidates: [{ content: { role: 'model', parts: [{ text: 'Hello.' }] }, finishReason: 'STOP' }],
    usageMetadata,
  });

/** Answers of providers whose totals include different tokens. */
const written: Case[] = [
  {
    name: 'openai: input includes the cache, output includes reasoning',
    api: 'openai.chat',
    body: chat({
      prompt_tokens: 1000,
      completion_tokens: 300,
      total_tokens: 1300,
      prompt_tokens_details: { cached_tokens: 640 },
      completion_tokens_details: { reasoning_tokens: 256 },
    }),
    billed: { input: 1000, cached: 640, output: 300, reasoning: 256 },
  },
  {
    name: 'xai: output excludes reasoning',
    api: 'openai.chat',
    body: chat({
      prompt_tokens: 31,
      completion_tokens: 9,
      total_tokens: 296,
      completion_tokens_details: { reasoning_tokens: 256 },
    }),
    billed: { input: 31, cached: 0, output: 265, reasoning: 256 },
  },
  {
    name: 'anthropic: input excludes what was read from the cache and written to it',
    api: 'anthropic.messages',
    body: message(
      { input_tokens: 21, cache_read_input_tokens: 5000, cache_creation_input_tokens: 777, output_tokens: 1 },
      { output_tokens: 93 },
    ),
    billed: { input: 5798, cached: 5000, cacheWrite: 777, output: 93, reasoning: 0 },
  },
  {
    name: 'google: output excludes thoughts, input includes the cache',
    api: 'google.streamGenerateContent',
    body: content({
      promptTokenCount: 500,
      cachedContentTokenCount: 123,
      candidatesTokenCount: 44,
      thoughtsTokenCount: 66,
      totalTokenCount: 610,
    }),
    billed: { input: 500, cached: 123, output: 110, reasoning: 66 },
  },
];

/** Recordings of real provider streams are not part of the project. If the folder exists, each recording is billed. */
const directory = process.env.STREAMS_DIR ?? resolve(import.meta.dirname, '../../../../shared/streams');
const recorded = existsSync(directory) ? readRecordings() : [];
if (recorded.length === 0)
  console.log(`  Left out: what recorded answers are billed as (there is no folder ${directory}).`);
const cases = [...written, ...recorded].map((one, index) => ({ ...one, model: `case-${index}` }));

const prices = {
  input: 1_234_567,
  cachedInput: 123_457,
  cacheWriteInput: 1_543_211,
  output: 7_654_321,
  perRequest: 41,
};

describeDatabases('the usage that a provider reports', (database) => {
  let wire: WireServer;
  let house: House;
  beforeAll(async () => {
    wire = await startWireServer();
    wire.respondWith(({ path, body }) => {
      const name = body.model ?? /models\/([^:]+):/.exec(path)?.[1];
      const { status = 200, headers, body: answer } = cases.find(({ model }) => model === name) as Case;
      return { status, ...(headers && { headers }), body: answer };
    });
    const models = Object.fromEntries(cases.map(({ model }) => [model, { prices, maxOutputTokens: 20_000 }]));
    const catalogue = labCatalogue(models, {
      FREE: { maxOutputTokens: 20_000, modelsPerPrompt: 1000, monthlyCredits: 1_000_000_000 },
    });
    const adapters = new Map(cases.map(({ model, api }) => [model, adapterOf(api).create(wire)]));
    const languageModel: LanguageModel = {
      stream: (request, onPart) => (adapters.get(request.model) as LanguageModel).stream(request, onPart),
      listModels: async () => [],
    };
    house = await startHouse({ database: database(), catalogue, languageModel });
    const member = await addMember(database());
    await house.prompts.send(member, { prompt: 'Hello?', modelIds: cases.map(({ model }) => `lab/${model}`) });
    await until(() => house.live.size === 0, 'all is settled', 60_000);
  });
  afterAll(async () => {
    await house?.end();
    await wire?.close();
    await expectReconciled(database().db);
  });

  it.each(cases)('is stored and charged, bucket by bucket: $name', async ({ model, ...expected }) => {
    const { db } = database();
    const response = await db
      .selectFrom('response')
      .selectAll()
      .where('model_id', '=', `lab/${model}`)
      .executeTakeFirstOrThrow();
    const billed = (response.status === 'COMPLETED' && expected.billedToo) || expected.billed;
    const [receipt] = await findReceipts(db, null, [response.id]);
    if (!billed) {
      expect(response).toMatchObject({ input_tokens: null, output_tokens: null, credits_charged: 0 });
      expect(receipt).toMatchObject({ credits: 0, input_tokens: 0, output_tokens: 0, cost_usd: '0.000000000000' });
      return;
    }
    const { input, cached, cacheWrite = 0, output, reasoning } = billed;
    const buckets = {
      input_tokens: input - cached - cacheWrite,
      cached_input_tokens: cached,
      cache_write_input_tokens: cacheWrite,
      output_tokens: output - reasoning,
      reasoning_tokens: reasoning,
    };
    expect(response).toMatchObject({ ...buckets, usage_estimated: false });
    // In millionths of a credit; one credit is a millionth of a dollar here.
    const due = [
      BigInt(buckets.input_tokens) * 1_234_567n,
      BigInt(cached) * 123_457n,
      BigInt(cacheWrite) * 1_543_211n,
      BigInt(output) * 7_654_321n,
      41n * 1_000_000n,
    ].reduce((sum, part) => sum + part);
    const credits = Number(due / 1_000_000n) + (due % 1_000_000n > 0n ? 1 : 0);
    const costUsd = due
      .toString()
      .padStart(13, '0')
      .replace(/(\d{12})$/, '.$1');
    expect(receipt).toMatchObject({
      ...buckets,
      estimated: false,
      input_price: prices.input,
      cached_input_price: prices.cachedInput,
      cache_write_input_price: prices.cacheWriteInput,
      output_price: prices.output,
      request_price: prices.perRequest,
      credits,
      cost_usd: costUsd,
    });
    expect(response.credits_charged).toBe(credits);
  });
});

describe('the cases of reported usage', () => {
  it('include each of the three provider APIs', () => {
    expect(new Set(cases.map(({ api }) => api)).size).toBe(3);
  });
});

function readRecordings(): Case[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.expected.json'))
    .flatMap((file) => {
      const recording = JSON.parse(readFileSync(resolve(directory, file), 'utf8'));
      const { case: name, api, http, expect: strict, expect_lenient: lenient } = recording;
      // Without reported usage the server counts for itself, which recorded-answers.test.ts covers.
      if (!strict.usage && (strict.outcome === 'completed' || hasCharacters(strict))) return [];
      const body = readFileSync(resolve(directory, `${name}.sse`));
      return [{ name, api, ...http, body, billed: toBilled(strict), ...(lenient && { billedToo: toBilled(lenient) }) }];
    });
}

interface Expectation {
  outcome: string;
  text: string;
  reasoning?: string;
  usage: { input_total: number; output_total: number; cached_input: number | null; reasoning: number | null } | null;
}

function hasCharacters({ text, reasoning = '' }: Expectation): boolean {
  return text !== '' || reasoning !== '';
}

function toBilled(expectation: Expectation): Case['billed'] {
  const { outcome, usage } = expectation;
  if (!usage || (outcome !== 'completed' && !hasCharacters(expectation))) return null;
  const { input_total, output_total, cached_input, reasoning } = usage;
  // One provider counts more reasoning than output. The billed output is the limit.
  return {
    input: input_total,
    cached: cached_input ?? 0,
    output: output_total,
    reasoning: Math.min(reasoning ?? 0, output_total),
  };
}
