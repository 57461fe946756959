import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FailureCode } from '../../../src/ports/language-model.ts';
import { startApp, type TestApp } from '../../setup/app.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { startWireServer, type WireRequest, type WireServer } from '../../wire-server.ts';
import { ask, expectSettled, follow, Reading, type Stored, storedResponses } from '../asking.ts';

/**
 * Recordings of real provider streams are not part of the project. If the folder exists, each recording is replayed.
 */
const directory = process.env.STREAMS_DIR ?? resolve(import.meta.dirname, '../../../../../shared/streams');
const recordings = existsSync(directory) ? readRecordings() : [];
if (recordings.length === 0) console.log(`  Left out: recorded answers (there is no folder ${directory}).`);

interface Recording {
  case: string;
  api: string;
  http: { status: number; headers: Record<string, string> };
  expect: Expectation;
  expect_lenient?: Expectation;
}

interface Expectation {
  outcome: 'completed' | 'truncated' | 'error';
  text: string;
  reasoning?: string;
  refusal?: string;
  finish_reason?: string | null;
  usage?: { input_total: number; output_total: number; cached_input: number | null; reasoning: number | null } | null;
  citations?: string[];
  error?: { category?: string } | null;
}

describeDatabases('a recorded answer', (database) => {
  if (recordings.length === 0) return it.skip('is streamed and stored as expected', () => {});

  let wire: WireServer;
  let app: TestApp;
  const ways = ['whole'];
  /** Outcomes by delivery (whole or in pieces) and name of the recording. */
  const stored = new Map<string, { response: Stored; read: { text: string; reasoning: string } | undefined }>();
  beforeAll(async () => {
    wire = await startWireServer();
    wire.respondWith(replay);
    app = await startApp({
      database: database(),
      wire,
      env: { RUNNING_RESPONSES_PER_MEMBER_MAX: '1000' },
      catalogue: { models: recordings.map(toModel) },
    });
    const member = await app.newMember();
    // Reading small pieces does not depend on the database, so one database is enough.
    if (database().kind === 'pglite') ways.push('in pieces');
    await Promise.all(
      ways.flatMap((how) =>
        inGroups(recordings, 12).map(async (group) => {
          const modelIds = group.map((recording) => toModel(recording).id);
          const { turn } = await ask(member, { prompt: how, modelIds });
          const reading = await follow(member, turn.id, { over: 'ws', reading: new Reading() });
          for (const response of await storedResponses(member, turn.id)) {
            const name = response.model.id.slice(response.model.id.indexOf('/') + 1);
            stored.set(`${how} ${name}`, { response, read: reading.texts.get(response.id) });
          }
        }),
      ),
    );
    await expectSettled(member);
  });
  afterAll(async () => {
    await app?.close();
    await wire?.close();
    expect(app?.errors).toEqual([]);
  });

  it.each(recordings)('$case is streamed and stored as expected, also in pieces of 1 to 7 bytes', (recording) => {
    for (const how of ways) {
      const { response, read } = stored.get(`${how} ${recording.case}`) ?? {};
      if (!response) throw new Error(`${recording.case} was not answered`);
      const expected = (response.status === 'COMPLETED' && recording.expect_lenient) || recording.expect;
      expect(seen(response)).toEqual(meant(expected, response));
      expect(read).toEqual({ text: response.text, reasoning: response.reasoning });
    }
  });
});

function replay({ path, body }: WireRequest) {
  const name = body.model ?? /models\/([^:]+):/.exec(path)?.[1];
  const recording = recordings.find((candidate) => candidate.case === name);
  if (!recording) throw new Error(`There is no recording of ${name}`);
  const { status, headers } = recording.http;
  const pieces = JSON.stringify(body).includes('in pieces') ? { pieces: [1, 2, 3, 4, 5, 6, 7] } : {};
  return { status, headers, body: readFileSync(resolve(directory, `${name}.sse`)), ...pieces };
}

const providers: Record<string, string> = {
  'openai.chat': 'openai',
  'anthropic.messages': 'anthropic',
  'google.streamGenerateContent': 'google',
};

function toModel(recording: Recording) {
  return {
    id: `${providers[recording.api]}/${recording.case}`,
    name: recording.case,
    minimumTier: 'FREE',
    contextWindow: 100_000,
    maxOutputTokens: 10_000,
    inputPriceUsd: 1,
    outputPriceUsd: 2,
    reasoning: true,
  };
}

function readRecordings(): Recording[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.expected.json'))
    .map((file) => JSON.parse(readFileSync(resolve(directory, file), 'utf8')));
}

function inGroups<Item>(items: readonly Item[], size: number): Item[][] {
  return items.flatMap((_, index) => (index % size === 0 ? [items.slice(index, index + size)] : []));
}

function seen(response: Stored) {
  const { status, text, reasoning, refusal, failure, usage, finishReason, citations } = response;
  return {
    status,
    text,
    reasoning,
    refusal: refusal ?? '',
    finishReason,
    code: failure?.code ?? null,
    citations: citations.map(({ url }) => url),
    usage,
  };
}

function meant(expected: Expectation, response: Stored) {
  const { outcome, text, reasoning = '', refusal = '', finish_reason, citations = [], error } = expected;
  const completed = outcome === 'completed';
  const finishReason = refusal ? 'REFUSAL' : (finish_reason?.toUpperCase() ?? 'OTHER');
  return {
    status: completed ? 'COMPLETED' : 'FAILED',
    text,
    reasoning,
    refusal,
    finishReason: completed ? finishReason : null,
    code: completed ? null : (codes[error?.category ?? ''] ?? uncategorised(expected, response)),
    citations,
    usage: usageMeant(expected, response),
  };
}

/** A failure before the first character costs nothing. Without reported usage, the server’s own count applies. */
function usageMeant({ usage, text, reasoning = '', outcome }: Expectation, response: Stored) {
  if (outcome !== 'completed' && text === '' && reasoning === '') return null;
  if (!usage) return { ...response.usage, estimated: true };
  return {
    inputTokens: usage.input_total,
    cachedInputTokens: usage.cached_input ?? 0,
    outputTokens: usage.output_total,
    // One provider counts more reasoning than output. The billed output is the limit.
    reasoningTokens: Math.min(usage.reasoning ?? 0, usage.output_total),
    estimated: false,
  };
}

const codes: Record<string, FailureCode> = {
  auth: 'AUTHENTICATION',
  permission: 'AUTHENTICATION',
  rate_limit: 'RATE_LIMITED',
  context_length: 'CONTEXT_TOO_LONG',
  model_not_found: 'MODEL_NOT_FOUND',
  overloaded: 'OVERLOADED',
  upstream: 'PROVIDER_ERROR',
};

function uncategorised({ outcome }: Expectation, { failure }: Stored): string | undefined {
  return outcome === 'truncated' ? 'CONNECTION' : failure?.code;
}
