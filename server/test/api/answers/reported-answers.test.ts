import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { startWireServer, type WireRequest, type WireServer } from '../../wire-server.ts';
import { ask, expectSettled, follow, type Stored, storedResponses } from '../asking.ts';
import { type Expected, type ReportedCase, reportedCases } from './reported-cases.ts';

// Provider answers that users of other systems reported, with the outcome expected here. One server answers the
// project's own cases and those of the optional file beside it, chosen by the model's name.
const file =
  process.env.CASES_FILE ?? resolve(import.meta.dirname, '../../../../../shared/cases/provider-answers.json');
if (!existsSync(file)) console.log(`  Left out: reported answers beside the project's own (there is no ${file}).`);
const reportedBeside: ReportedCase[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
const cases = [...reportedCases, ...reportedBeside].map((one, index) => ({ ...one, model: `${index}.${one.case}` }));
type Case = (typeof cases)[number];

/** Node's fetch unpacks what is called packed, and fails where it is not. */
const readByFastOnly = 'gzip-in-name-only';

describeDatabases('a reported answer', (database) => {
  describe.each([
    ['on', 'fast'],
    ['off', 'plain'],
  ])('with FAST_PATH=%s UPSTREAM=%s', (fastPath, upstream) => {
    let wire: WireServer;
    let app: TestApp;
    const arrivals = new Map<string, number[]>();
    const outcomes = new Map<string, { response: Stored; read: { text: string; reasoning: string } | undefined }>();
    beforeAll(async () => {
      wire = await startWireServer();
      wire.respondWith((request) => {
        const asked = cases.find(({ model }) => model === modelOf(request));
        // Only a completion names a model. A request for the list of models gets 404.
        if (!asked) return { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found' };
        arrivals.set(asked.model, [...(arrivals.get(asked.model) ?? []), performance.now()]);
        return asked.answer;
      });
      app = await startApp({
        database: database(),
        env: environment(wire, fastPath, upstream),
        catalogue: catalogue(wire),
      });
      const member = await app.newMember();
      await Promise.all(
        inGroups(cases, 10).map(async (group) => {
          const { turn } = await ask(member, { prompt: 'Hello?', modelIds: group.map(idOf) });
          const { texts } = await follow(member, turn.id, { over: 'ws' });
          const stored = await storedResponses(member, turn.id);
          for (const [lane, { model }] of group.entries()) {
            const response = stored[lane] as Stored;
            outcomes.set(model, { response, read: texts.get(response.id) });
          }
        }),
      );
      await expectSettled(member);
    }, 60_000);
    afterAll(async () => {
      await app?.close();
      await wire?.close();
      expect(app?.errors).toEqual([]);
    });

    const readable = cases.filter((one) => upstream === 'fast' || one.case !== readByFastOnly);

    it.each(readable)('is stored and charged as expected: $case ($provider)', ({ model, expect: expected }) => {
      const outcome = outcomes.get(model);
      if (!outcome) throw new Error(`${model} was not answered`);
      const { response, read } = outcome;
      expect(seen(response, arrivals.get(model) ?? [], expected)).toEqual(expected);
      expect({ text: '', reasoning: '', ...read }).toEqual({ text: response.text, reasoning: response.reasoning });
      expect(response.creditsCharged).toBeLessThanOrEqual(response.creditsHeld);
    });
  });
});

/** Returns only the fields that `expected` names. */
function seen(response: Stored, arrivals: readonly number[], expected: Expected): Expected {
  const { status, text, reasoning, finishReason, failure, usage, creditsCharged } = response;
  const { says, outputMin, spacedMs } = expected;
  const spaces = arrivals.slice(1).map((at, index) => at - (arrivals[index] as number));
  const all: Required<Record<keyof Expected, unknown>> = {
    status,
    text: text.trim(),
    reasoning: reasoning.trim(),
    finish: finishReason,
    code: failure?.code,
    says: says !== undefined && failure?.message.includes(says) ? says : failure?.message,
    retryable: failure?.retryable,
    charged: (creditsCharged ?? 0) > 0 ? 'some' : 'none',
    estimated: usage?.estimated,
    input: usage?.inputTokens,
    output: usage?.outputTokens,
    outputMin: outputMin !== undefined && (usage?.outputTokens ?? 0) >= outputMin ? outputMin : usage?.outputTokens,
    calls: arrivals.length,
    // A timer may fire a millisecond early.
    spacedMs: spacedMs !== undefined && spaces.length > 0 && Math.min(...spaces) >= spacedMs - 1 ? spacedMs : spaces,
  };
  return Object.fromEntries(Object.keys(expected).map((name) => [name, all[name as keyof Expected]]));
}

function modelOf({ path, body }: WireRequest): string | undefined {
  return body?.model ?? decodeURIComponent(/models\/([^:]+):/.exec(path)?.[1] ?? '');
}

function environment({ url }: WireServer, fastPath: string, upstream: string) {
  return {
    FAST_PATH: fastPath,
    UPSTREAM: upstream,
    FIRST_TOKEN_TIMEOUT_SECONDS: '8',
    IDLE_TIMEOUT_SECONDS: '1.5',
    COMPAT_KEY: 'sk-test-compat',
    ANTHROPIC_API_KEY: 'sk-test-anthropic',
    ANTHROPIC_BASE_URL: url,
    GEMINI_API_KEY: 'sk-test-google',
    GEMINI_BASE_URL: url,
    PERPLEXITY_API_KEY: 'sk-test-perplexity',
    PERPLEXITY_BASE_URL: url,
  };
}

function catalogue({ url }: WireServer) {
  return {
    providers: [
      { id: 'compat', name: 'Compat', kind: 'openai-compatible', baseURL: `${url}/v1`, apiKeyEnv: 'COMPAT_KEY' },
    ],
    models: cases.map((one) => ({
      id: idOf(one),
      name: one.case,
      minimumTier: 'FREE',
      contextWindow: 100_000,
      maxOutputTokens: 10_000,
      inputPriceUsd: 1,
      outputPriceUsd: 10,
      reasoning: true,
      ...one.entry,
    })),
  };
}

function idOf({ provider, model }: Case): string {
  return `${provider}/${model}`;
}

function inGroups<Item>(items: readonly Item[], size: number): Item[][] {
  return items.flatMap((_, index) => (index % size === 0 ? [items.slice(index, index + size)] : []));
}
