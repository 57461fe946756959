import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FailureCode, ModelRequest } from '../../src/ports/language-model.ts';
import { plainFetch } from '../../src/providers/transport/plain-fetch.ts';
import { startWireServer, type WireServer } from '../wire-server.ts';
import { type Answer, adapterOf, ask } from './answers.ts';
import { fetches } from './asked-by.ts';
import { formOf, partsOf, sentContent } from './files/recorded-content.ts';

/**
 * Recordings of real provider streams are not part of the project. If the folder exists, each recording is replayed, as are
 * the streams that were written for the project.
 */
const recordings = process.env.STREAMS_DIR ?? resolve(import.meta.dirname, '../../../../shared/streams');
const cases = [resolve(import.meta.dirname, 'streams'), recordings].filter(existsSync).flatMap(readCases);

interface RecordedCase {
  directory: string;
  case: string;
  api: string;
  kind: 'stream' | 'http-error';
  http: { status: number; headers: Record<string, string> };
  /** The last message that was asked with, in the provider's form. Absent: any does. */
  request?: { content: readonly object[] };
  expect: Expectation;
  expect_lenient?: Expectation;
}

interface Expectation {
  outcome: 'completed' | 'truncated' | 'error';
  text: string;
  reasoning?: string;
  refusal?: string;
  finish_reason?: string | null;
  usage?: RecordedUsage | null;
  citations?: string[];
  tool_calls?: { id: string | null; name: string | null; arguments: string | null }[];
  error?: { category?: string; retryable?: boolean; retry_after?: string | null } | null;
}

interface RecordedUsage {
  input_total: number;
  output_total: number;
  cached_input: number | null;
  reasoning: number | null;
  /** How many of the input tokens are of images. Absent: the provider does not say. */
  image_input?: number;
}

describe('a recorded stream', () => {
  let server: WireServer;
  beforeAll(async () => {
    server = await startWireServer();
  });
  beforeEach(() => server.reset());
  afterAll(() => server.close());

  describe.each(fetches)('with UPSTREAM=$upstream', ({ fetch }) => {
    it.each(cases)('$case is read as expected', async (recorded) => {
      const { status, headers } = recorded.http;
      server.enqueue({ status, headers, body: bodyOf(recorded) });
      expectAsMeant(await ask(adapterOf(recorded.api).create(server, fetch), questionOf(recorded)), recorded);
      if (recorded.request) {
        expect(sentContent(server.requests.at(-1)?.body)).toEqual(formOf(recorded.request.content));
      }
    });
  });

  describe.each([1, 2, 3, 4, 5, 6, 7])('in pieces of %i bytes', (bytes) => {
    it.each(cases)('$case is read as expected', { timeout: 30_000 }, async (recorded) => {
      const { status, headers } = recorded.http;
      server.enqueue({ status, headers, body: bodyOf(recorded) });
      expectAsMeant(await ask(adapterOf(recorded.api).create(server, fetchInPieces(bytes))), recorded);
    });
  });
});

function questionOf({ request }: RecordedCase): Partial<ModelRequest> {
  return request ? { messages: [{ role: 'user', parts: partsOf(request.content) }] } : {};
}

function expectAsMeant(answer: Answer, { api, expect: strict, expect_lenient: lenient = strict }: RecordedCase): void {
  const expected = answer.failure ? strict : lenient;
  expect(seen(answer, expected)).toEqual(meant(expected));
  if (apisOfToolCalls.has(api)) expect(callsSeen(answer)).toEqual(callsMeant(expected));
}

/** The APIs whose adapters read tool calls. */
const apisOfToolCalls: ReadonlySet<string> = new Set(['openai.chat']);

function callsSeen({ toolCalls }: Answer) {
  return toolCalls.map(({ id, name, arguments: json }) => ({ id, name, arguments: json }));
}

/** A call without an id gets one of the adapter's making. */
function callsMeant({ tool_calls: calls = [] }: Expectation) {
  return calls.map(({ id, name, arguments: json }) => ({
    id: id ?? expect.stringMatching(/./),
    name,
    arguments: json,
  }));
}

/**
 * Wraps fetch to hand on the body in pieces of `bytes` bytes, which is ten times as fast as sending each as a packet.
 */
function fetchInPieces(bytes: number): typeof fetch {
  return async (input, init) => {
    const response = await plainFetch(input, init);
    const body = new Uint8Array(await response.arrayBuffer());
    let start = 0;
    const pieces = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (start >= body.length) return controller.close();
        controller.enqueue(body.subarray(start, start + bytes));
        start += bytes;
      },
    });
    return new Response(pieces, response);
  };
}

function bodyOf(recorded: RecordedCase): Buffer {
  return readFileSync(resolve(recorded.directory, `${recorded.case}.sse`));
}

function readCases(directory: string): RecordedCase[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.expected.json'))
    .map((file) => ({ ...JSON.parse(readFileSync(resolve(directory, file), 'utf8')), directory }));
}

/** Returns the answer in the form of the expectation. */
function seen(answer: Answer, expected: Expectation) {
  const { usage, failure } = answer;
  const outcome =
    failure === null
      ? 'completed'
      : expected.outcome === 'truncated' && failure.code === 'CONNECTION'
        ? 'truncated'
        : 'error';
  return {
    outcome,
    text: answer.text,
    reasoning: answer.reasoning,
    refusal: answer.refusal,
    finish: answer.finish,
    citations: answer.citations.map(({ url }) => url),
    usage: usage && {
      input: usage.inputTokens + usage.cachedInputTokens + usage.cacheWriteInputTokens,
      cached: usage.cachedInputTokens,
      output: usage.outputTokens + usage.reasoningTokens,
      reasoning: usage.reasoningTokens,
      images: usage.imageInputTokens ?? 0,
    },
    code: expected.error?.category ? failure?.code : undefined,
    retryable: expected.error?.category ? failure?.retryable : undefined,
    retryAfterMs: failure?.retryAfterMs ?? null,
  };
}

function meant(expected: Expectation) {
  const { usage = null, error } = expected;
  return {
    outcome: expected.outcome,
    text: expected.text,
    reasoning: expected.reasoning ?? '',
    refusal: expected.refusal ?? '',
    finish: expected.outcome === 'completed' ? finishReasonOf(expected) : null,
    citations: expected.citations ?? [],
    usage: usage && {
      input: usage.input_total,
      cached: usage.cached_input ?? 0,
      output: usage.output_total,
      // One provider counts more reasoning than output. The billed output is the limit.
      reasoning: Math.min(usage.reasoning ?? 0, usage.output_total),
      images: usage.image_input ?? 0,
    },
    code: error?.category ? codes[error.category] : undefined,
    retryable: error?.category ? error.retryable : undefined,
    retryAfterMs: error?.retry_after ? Number.parseFloat(error.retry_after) * 1000 : null,
  };
}

function finishReasonOf({ finish_reason, refusal }: Expectation): string {
  if (refusal) return 'REFUSAL';
  return finish_reason?.toUpperCase() ?? 'OTHER';
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
