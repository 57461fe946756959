import { afterAll, beforeAll, expect, it } from 'vitest';
import { findReceipts } from '../../../src/database/receipts.ts';
import { expectReconciled } from '../../credits/audit.ts';
import { type Client, startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { startWireServer, type WireServer } from '../../wire-server.ts';
import { converse, expectSettled, storedResponses } from '../asking.ts';

const chunks = (...data: object[]) =>
  `${data.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('')}data: [DONE]\n\n`;
const said = { choices: [{ index: 0, delta: { content: 'Hello.' }, finish_reason: 'stop' }] };
const reported = (usage: object) => chunks(said, { choices: [], usage });
const tokens = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };

interface Case {
  name: string;
  body: string;
  /** The credits charged to the member. */
  credits: number;
  /** The cost in USD on the receipt. */
  usd: number;
  /** Whether the receipt marks the cost as reported by the provider. */
  reported: boolean;
}

const byTokens = { credits: 2000, usd: 0.002, reported: false };
// A million tokens cost 1 USD of input and 10 USD of output, so `tokens` cost 1000 + 1000 credits.
const cases: Case[] = [
  {
    name: 'a cost',
    body: reported({ ...tokens, cost: 0.0001234567 }),
    credits: 124,
    usd: 0.0001234567,
    reported: true,
  },
  {
    name: 'a cost in a string',
    body: reported({ ...tokens, cost: '1.5e-4' }),
    credits: 150,
    usd: 0.00015,
    reported: true,
  },
  { name: 'no cost', body: reported(tokens), ...byTokens },
  { name: 'a cost of null', body: reported({ ...tokens, cost: null }), ...byTokens },
  { name: 'a negative cost', body: reported({ ...tokens, cost: -0.5 }), ...byTokens },
  { name: 'a cost that is no number', body: reported({ ...tokens, cost: 'NaN' }), ...byTokens },
  { name: 'a cost of zero for tokens that have a price', body: reported({ ...tokens, cost: 0 }), ...byTokens },
  { name: 'an impossibly high cost', body: reported({ ...tokens, cost: 1e15 }), ...byTokens },
  {
    name: 'a cost without tokens',
    body: reported({ prompt_tokens: 0, completion_tokens: 0, cost: 0.0005 }),
    credits: 500,
    usd: 0.0005,
    reported: true,
  },
  {
    name: 'a cost that later zeros follow',
    body: chunks(
      said,
      { choices: [], usage: { ...tokens, cost: 0.0005 } },
      { choices: [], usage: { prompt_tokens: 0, completion_tokens: 0, cost: 0 } },
    ),
    credits: 500,
    usd: 0.0005,
    reported: true,
  },
  {
    name: 'a fee and an upstream cost on the operator’s own key',
    body: reported({ ...tokens, cost: 0.0001, is_byok: true, cost_details: { upstream_inference_cost: 0.0019 } }),
    credits: 2000,
    usd: 0.002,
    reported: true,
  },
  {
    name: 'only a fee on the operator’s own key',
    body: reported({ ...tokens, cost: 0.0001, is_byok: true, cost_details: { upstream_inference_cost: null } }),
    ...byTokens,
  },
  {
    name: 'a cost split into sums (Perplexity)',
    body: reported({ ...tokens, cost: { request_cost: 0.005, total_cost: 0.006 } }),
    credits: 6000,
    usd: 0.006,
    reported: true,
  },
  {
    name: 'a cost in ticks (xAI)',
    body: reported({ ...tokens, cost_in_usd_ticks: 37_756_000 }),
    credits: 3776,
    usd: 0.0037756,
    reported: true,
  },
];

const lab = {
  name: 'Lab',
  minimumTier: 'FREE',
  contextWindow: 100_000,
  maxOutputTokens: 1000,
  inputPriceUsd: 1,
  outputPriceUsd: 10,
};

describeDatabases('an answer whose provider reports its cost', (database) => {
  let wire: WireServer;
  let app: TestApp;
  let member: Client;
  beforeAll(async () => {
    wire = await startWireServer();
    app = await startApp({
      database: database(),
      catalogue: {
        providers: [{ id: 'lab', name: 'Lab', kind: 'openai-compatible', baseURL: `${wire.url}/v1` }],
        models: [
          { ...lab, id: 'lab/told', priceFrom: 'provider' },
          { ...lab, id: 'lab/listed' },
          {
            ...lab,
            id: 'lab/tiered',
            contextWindow: 1000,
            priceTiers: [{ aboveInputTokens: 100, inputPriceUsd: 2, outputPriceUsd: 20 }],
          },
        ],
      },
    });
    member = await app.newMember();
  });
  afterAll(async () => {
    await expectSettled(member);
    await expectReconciled(database().db);
    await app?.close();
    await wire?.close();
    expect(app?.errors).toEqual([]);
  });

  async function receiptOf(modelId: string, body: string, parameters: object = { maxOutputTokens: 1000 }) {
    wire.respondWith(() => ({ body }));
    const { turn } = await converse(member, { prompt: 'Hello?', modelIds: [modelId], parameters });
    const [response] = await storedResponses(member, turn.id);
    const [, id = ''] = Buffer.from(response?.id ?? '', 'base64')
      .toString()
      .split(':');
    const [receipt] = await findReceipts(database().db, null, [id]);
    return { response, receipt };
  }

  it.each(cases)(
    'is charged and booked correctly when the usage has $name',
    async ({ body, credits, usd, reported }) => {
      const { response, receipt } = await receiptOf('lab/told', body);
      expect(response).toMatchObject({ status: 'COMPLETED', creditsCharged: credits });
      expect(receipt).toMatchObject({ credits, cost_reported: reported });
      expect(Number(receipt?.cost_usd)).toBe(usd);
    },
  );

  it('is charged at most its hold, and booked at its full cost', async () => {
    const { response, receipt } = await receiptOf('lab/told', reported({ ...tokens, cost: 2.5 }));
    expect(response?.creditsCharged).toBe(response?.creditsHeld);
    expect(Number(receipt?.cost_usd)).toBe(2.5);
  });

  it('is charged by its tokens if the catalogue entry does not take the provider’s price', async () => {
    const { receipt } = await receiptOf('lab/listed', reported({ ...tokens, cost: 0.0001 }));
    expect(receipt).toMatchObject({ credits: 2000, cost_reported: false });
  });

  it('is charged by the price tier of its input length, and the dearest tier is held', async () => {
    const usage = (prompt_tokens: number) => reported({ prompt_tokens, completion_tokens: 10 });
    const short = await receiptOf('lab/tiered', usage(100));
    expect(short.receipt).toMatchObject({ credits: 100 + 100, input_price: 1_000_000, output_price: 10_000_000 });
    const long = await receiptOf('lab/tiered', usage(101));
    expect(long.receipt).toMatchObject({ credits: 202 + 200, input_price: 2_000_000, output_price: 20_000_000 });
    const prompt = 'word '.repeat(60);
    wire.respondWith(() => ({ body: usage(200) }));
    const { turn } = await converse(member, { prompt, modelIds: ['lab/tiered'], parameters: { maxOutputTokens: 10 } });
    const [response] = await storedResponses(member, turn.id);
    expect(response?.creditsHeld).toBeGreaterThanOrEqual(2 * 200 + 20 * 10);
    expect(response?.creditsCharged).toBe(2 * 200 + 20 * 10);
  });

  it('counts tokens written to the cache under LiteLLM’s names, whether inside or beside the prompt’s tokens', async () => {
    const within = {
      prompt_tokens: 2000,
      completion_tokens: 10,
      cache_creation_input_tokens: 1200,
      cache_read_input_tokens: 500,
    };
    const details = { prompt_tokens_details: { cached_tokens: 500, cache_creation_tokens: 1200 } };
    for (const usage of [
      within,
      { prompt_tokens: 2000, completion_tokens: 10, ...details },
      { ...within, ...details },
    ]) {
      const { receipt } = await receiptOf('lab/listed', reported(usage));
      expect(receipt).toMatchObject({ input_tokens: 300, cached_input_tokens: 500, cache_write_input_tokens: 1200 });
    }
    const beside = {
      prompt_tokens: 31,
      completion_tokens: 467,
      prompt_tokens_details: { cached_tokens: 0 },
      cache_creation_input_tokens: 1253,
      cache_read_input_tokens: 0,
    };
    const { receipt } = await receiptOf('lab/listed', reported(beside));
    expect(receipt).toMatchObject({ input_tokens: 31, cached_input_tokens: 0, cache_write_input_tokens: 1253 });
  });
});
