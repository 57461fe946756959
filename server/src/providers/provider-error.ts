import { type FailureCode, ModelFailure } from '../ports/language-model.ts';
import { readErrorBody } from './error-body.ts';
import { scrub } from './scrub.ts';

/** An error object that came where a piece of the answer was due. */
export class ReportedError extends Error {
  readonly payload: unknown;

  constructor(payload: unknown) {
    super('The provider reported an error in mid-stream.');
    this.payload = payload;
  }
}

/** A body that came with status 200 and is no event stream: a JSON error, a whole answer, a proxy's login page. */
export class UnexpectedBody extends Error {
  readonly body: string;

  constructor(body: string) {
    super('The provider answered with something other than a stream.');
    this.body = body;
  }
}

/**
 * What went wrong, as the port names it, whatever threw it: fetch, or the reading of the stream. Each adapter knows its
 * SDK's own errors and makes a `reportedFailure`, a `timeoutFailure` or a `connectionFailure` of them itself.
 *
 * - HTTP statuses, and error objects before and in the stream: see `failureCode`.
 * - Nothing listens there, a reset, DNS, a body cut or ended before its terminal marker: CONNECTION. Another try may
 *   well succeed; what came before is kept.
 * - A time-out of the system or the SDK: TIMEOUT. (Silence is timed by the domain, which aborts.)
 * - A 200 that is no event stream: what the error in it says, else PROVIDER_ERROR.
 * - Anything else is a fault of ours: INTERNAL.
 *
 * The message is the provider's own sentence where there is one, without URLs, without anything that looks like a
 * key, at most 300 characters. The original error is not kept as the cause: it may hold the URL, headers, the key.
 * (Of a fault of ours the scrubbed message is: members have no use for it, the log has.)
 *
 * @param secret the credential in use, cut out wherever it is repeated
 */
export function toModelFailure(error: unknown, secret: string | null): ModelFailure {
  if (error instanceof ModelFailure) return error;
  if (error instanceof ReportedError) return reportedFailure({ payload: error.payload, secret });
  if (error instanceof UnexpectedBody) return unexpectedBodyFailure(error, secret);
  if (error instanceof SyntaxError) return unreadableFailure();
  if (isTimeout(error)) return timeoutFailure();
  if (isConnectionError(error)) return connectionFailure(error);
  const cause = new Error(scrub(String(error), secret));
  return new ModelFailure('INTERNAL', fallbackSentences.INTERNAL, { cause });
}

/** For a plain fetch that was answered with an error status. */
export async function toResponseFailure(response: Response, secret: string | null): Promise<ModelFailure> {
  const payload = parseErrorBody(await readErrorBody(response));
  return reportedFailure({ payload, status: response.status, headers: response.headers, secret });
}

/** An error as the provider told it. */
export interface ErrorSource {
  /** Its body, as JSON where it is JSON. */
  payload: unknown;
  /** Of HTTP; absent: the error came in the stream. */
  status?: number;
  headers?: Headers | undefined;
  /** See `toModelFailure`. */
  secret: string | null;
}

export function reportedFailure(source: ErrorSource): ModelFailure {
  const report = readErrorReport(source);
  const code = failureCode(report);
  const status = report.status === null ? '' : ` (HTTP ${report.status})`;
  return new ModelFailure(code, report.sentence || fallbackSentences[code].replace(/\.$/, `${status}.`), report);
}

export function timeoutFailure(): ModelFailure {
  return new ModelFailure('TIMEOUT', fallbackSentences.TIMEOUT);
}

/** With the system's name for what happened, where the error or what caused it has one. */
export function connectionFailure(error: unknown): ModelFailure {
  const systemCode = systemCodeOf(error);
  const code = systemCode && /TIMEDOUT|TIMEOUT/.test(systemCode) ? 'TIMEOUT' : 'CONNECTION';
  const suffix = systemCode ? ` (${systemCode})` : '';
  return new ModelFailure(code, fallbackSentences[code].replace(/\.$/, `${suffix}.`));
}

/** The body ended, in good order, before the provider's terminal marker: what came is not the whole answer. */
export function truncatedFailure(): ModelFailure {
  return new ModelFailure('CONNECTION', 'The answer broke off before its end.');
}

/** One event as a JSON object. Throws a `ModelFailure` where it is none: such a stream cannot be trusted any more. */
export function parseEvent(data: string): Record<string, unknown> {
  try {
    const event: unknown = JSON.parse(data);
    if (isRecord(event)) return event;
  } catch {
    // Told below, together with the JSON that is no object.
  }
  throw unreadableFailure();
}

export function unreadableFailure(): ModelFailure {
  return new ModelFailure('PROVIDER_ERROR', 'The provider sent something unreadable in the midst of its answer.');
}

/** An error body as JSON where it is JSON, else as its text. */
export function parseErrorBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

function unexpectedBodyFailure(error: UnexpectedBody, secret: string | null): ModelFailure {
  const payload = parseErrorBody(error.body);
  const report = readErrorReport({ payload: typeof payload === 'string' ? null : payload, secret });
  return new ModelFailure(failureCode(report), report.sentence || error.message, report);
}

interface ErrorReport {
  /** Of HTTP, or the one an error object in the stream names. */
  status: number | null;
  /** The machine-readable names in it, in lower case: `type`, `code`, Google's `status` and `reason`. */
  names: string[];
  /** The provider's own, scrubbed; empty where there is none. */
  sentence: string;
  retryAfterMs: number | null;
}

function readErrorReport({ payload, status, headers, secret }: ErrorSource): ErrorReport {
  const error = errorObject(payload);
  const details = Array.isArray(error.details) ? error.details.filter(isRecord) : [];
  const metadata = isRecord(error.metadata) ? error.metadata : {};
  const named = [error.code, error.type, error.status, ...details.map((detail) => detail.reason)];
  // OpenRouter's own message is "Provider returned error"; the upstream's is kept raw.
  const sentence = sentenceOf(metadata.raw) ?? sentenceOf(error) ?? '';
  return {
    status: status ?? named.find(isErrorStatus) ?? null,
    names: named.filter((value) => typeof value === 'string').map((name) => name.toLowerCase()),
    sentence: scrub(sentence, secret),
    retryAfterMs: retryAfterHeader(headers) ?? retryDelay(details),
  };
}

/** In the stream an error's numeric `code` is what its HTTP status would have been; others count in their own way. */
function isErrorStatus(value: unknown): value is number {
  return typeof value === 'number' && value >= 400 && value < 600;
}

/**
 * The object that holds the error's fields. The usual `{ error: { … } }`, xAI's `{ code, error: "…" }`, Mistral's and
 * FastAPI's `{ detail }`, Google's `[{ error }]` on its compatible endpoint, and `{ message, type, code }` bare.
 */
function errorObject(payload: unknown): Record<string, unknown> {
  if (Array.isArray(payload)) return errorObject(payload[0]);
  if (typeof payload === 'string') return { message: payload };
  if (!isRecord(payload)) return {};
  if (typeof payload.error === 'string') return { ...payload, message: payload.error };
  return isRecord(payload.error) ? payload.error : payload;
}

/**
 * A sentence, or what holds one: FastAPI's list of findings, Mistral's object around that, JSON in a string (gateways
 * repeat an upstream's body so). Never a proxy's page of HTML.
 */
function sentenceOf(value: unknown): string | undefined {
  if (typeof value === 'string') {
    const json = /^\s*[{[]/.test(value) ? parseErrorBody(value) : value;
    if (typeof json !== 'string') return sentenceOf(json);
    return /^\s*(<|$)/.test(json) ? undefined : json;
  }
  if (Array.isArray(value)) return sentenceOf(value[0]);
  if (!isRecord(value)) return undefined;
  return sentenceOf(value.message) ?? sentenceOf(value.msg) ?? sentenceOf(value.detail) ?? sentenceOf(value.error);
}

/** `retry-after-ms`, or `Retry-After` in seconds or as an HTTP date; in milliseconds. */
function retryAfterHeader(headers: Headers | undefined): number | null {
  const ms = Number.parseFloat(headers?.get('retry-after-ms') ?? '');
  if (ms >= 0) return ms;
  const value = headers?.get('retry-after') ?? '';
  const seconds = Number(value);
  if (value.trim() !== '' && seconds >= 0) return seconds * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}

/** Google's RetryInfo: `{ retryDelay: "48.5s" }`; in milliseconds. */
function retryDelay(details: Record<string, unknown>[]): number | null {
  for (const { retryDelay } of details) {
    const seconds = typeof retryDelay === 'string' ? Number.parseFloat(retryDelay) : Number.NaN;
    if (seconds >= 0) return Math.round(seconds * 1000);
  }
  return null;
}

/** Names that tell the cause whatever the status: xAI and Google answer 400 to a bad key, Groq 413 to a rate limit. */
const codesByName: ReadonlyMap<string, FailureCode> = new Map(
  Object.entries({
    authentication_error: 'AUTHENTICATION',
    invalid_api_key: 'AUTHENTICATION',
    api_key_invalid: 'AUTHENTICATION',
    permission_error: 'AUTHENTICATION',
    permission_denied: 'AUTHENTICATION',
    unauthenticated: 'AUTHENTICATION',
    insufficient_quota: 'QUOTA_EXCEEDED',
    billing_error: 'QUOTA_EXCEEDED',
    billing_hard_limit_reached: 'QUOTA_EXCEEDED',
    rate_limit_error: 'RATE_LIMITED',
    rate_limit_exceeded: 'RATE_LIMITED',
    resource_exhausted: 'RATE_LIMITED',
    overloaded_error: 'OVERLOADED',
    unavailable: 'OVERLOADED',
    service_unavailable: 'OVERLOADED',
    model_not_found: 'MODEL_NOT_FOUND',
    not_found_error: 'MODEL_NOT_FOUND',
    invalid_model: 'MODEL_NOT_FOUND',
    context_length_exceeded: 'CONTEXT_TOO_LONG',
    request_too_large: 'CONTEXT_TOO_LONG',
    content_filter: 'CONTENT_FILTERED',
    content_policy_violation: 'CONTENT_FILTERED',
    timeout_error: 'TIMEOUT',
    deadline_exceeded: 'TIMEOUT',
  } satisfies Record<string, FailureCode>),
);

/** Causes that providers put into words only, under a name as wide as `invalid_request_error`. */
const codesBySentence: readonly (readonly [RegExp, FailureCode])[] = [
  [
    /\b(incorrect|invalid|missing) api.?key|\bapi.?key (is |was )?(not valid|invalid|expired|not found)/i,
    'AUTHENTICATION',
  ],
  [/credit balance|insufficient (balance|credits?|funds)|not have any credits|out of credits/i, 'QUOTA_EXCEEDED'],
  [
    /context (length|window|size)|maximum prompt length|prompt is too long|input token count|too many tokens/i,
    'CONTEXT_TOO_LONG',
  ],
  [
    /not a valid model|(invalid|unknown|unsupported) model|\bmodel\b.{0,80}(does not exist|not found)/i,
    'MODEL_NOT_FOUND',
  ],
  [/\bflagged\b|content (policy|filter)|content management policy|safety system/i, 'CONTENT_FILTERED'],
];

const codesByStatus: Readonly<Record<number, FailureCode>> = {
  401: 'AUTHENTICATION',
  402: 'QUOTA_EXCEEDED',
  403: 'AUTHENTICATION',
  404: 'MODEL_NOT_FOUND',
  408: 'TIMEOUT',
  413: 'CONTEXT_TOO_LONG',
  429: 'RATE_LIMITED',
  503: 'OVERLOADED',
  504: 'TIMEOUT',
  529: 'OVERLOADED',
};

/**
 * By the names in the report, else by its sentence (only where the status leaves the cause open: a sentence about
 * tokens in a 429 is a rate limit), else by its status, else by whether it is our request that is called invalid.
 */
function failureCode({ status, names, sentence }: ErrorReport): FailureCode {
  const byName = names.map((name) => codesByName.get(name)).find((code) => code !== undefined);
  if (byName) return byName;
  const open = status === null || (status >= 400 && status < 500 && ![401, 402, 408, 429].includes(status));
  const bySentence = open ? codesBySentence.find(([pattern]) => pattern.test(sentence)) : undefined;
  if (bySentence) return bySentence[1];
  if (status !== null && codesByStatus[status]) return codesByStatus[status];
  if (status !== null && status >= 400 && status < 500) return 'INVALID_REQUEST';
  return status === null && names.includes('invalid_request_error') ? 'INVALID_REQUEST' : 'PROVIDER_ERROR';
}

const fallbackSentences: Readonly<Record<FailureCode, string>> = {
  AUTHENTICATION: 'The provider refused the credentials.',
  RATE_LIMITED: 'The provider is limiting the rate of requests.',
  QUOTA_EXCEEDED: "The account's quota with the provider is used up.",
  OVERLOADED: 'The provider is overloaded.',
  MODEL_NOT_FOUND: 'The provider does not know this model.',
  INVALID_REQUEST: 'The provider refused the request as invalid.',
  CONTEXT_TOO_LONG: 'The conversation is too long for this model.',
  CONTENT_FILTERED: "The provider's content filter blocked the request.",
  TIMEOUT: 'The provider took too long.',
  CONNECTION: 'The connection to the provider failed.',
  PROVIDER_ERROR: 'The provider failed.',
  INTERNAL: 'Something went wrong on the way to the provider.',
};

/** A signal that went off, too: callers that were stopped for another reason do not ask for a failure. */
function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && (error.name === 'AbortError' || error.name === 'TimeoutError');
}

/** fetch says `fetch failed` or `terminated`, and has the system's error for its cause. */
function isConnectionError(error: unknown): boolean {
  return (
    systemCodeOf(error) !== undefined ||
    (error instanceof TypeError && /^(fetch failed|terminated)$/.test(error.message))
  );
}

/** `ECONNREFUSED`, `UND_ERR_SOCKET`, …, of the error or of what caused it; Node's own `ERR_…` are mistakes of ours. */
function systemCodeOf(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code: unknown = 'code' in cause ? cause.code : undefined;
    if (typeof code === 'string' && /^(?!ERR_(?!TLS|SSL))[A-Z][A-Z0-9_]+$/.test(code)) return code;
  }
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
