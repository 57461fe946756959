import { type FailureCode, ModelFailure } from '../../ports/language-model.ts';
import { readErrorBody } from './error-body.ts';
import { failureCode } from './failure-code.ts';
import { retryAfter } from './retry-after.ts';
import { scrub } from './scrub.ts';
import type { Secrets } from './secrets.ts';

/** An error object that came in place of a piece of the answer. */
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

/** The answer of something other than the API: a 404 that says nothing of the model, or a web page. */
export class MisplacedFailure extends ModelFailure {}

/**
 * What went wrong, as the port names it, whatever threw it: fetch, or the reading of the stream. Each adapter knows its
 * SDK's own errors and makes a `reportedFailure`, a `timeoutFailure` or a `connectionFailure` of them itself.
 *
 * - HTTP statuses, and error objects before and in the stream: see failure-code.ts.
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
 * @param secrets what the request was sent with, cut out wherever it is repeated
 */
export function toModelFailure(error: unknown, secrets: Secrets): ModelFailure {
  if (error instanceof ModelFailure) return error;
  if (error instanceof ReportedError) return reportedFailure({ payload: error.payload, secrets });
  if (error instanceof UnexpectedBody) return unexpectedBodyFailure(error, secrets);
  if (error instanceof SyntaxError) return unreadableFailure();
  if (isTimeout(error)) return timeoutFailure();
  if (isConnectionError(error)) return connectionFailure(error);
  const cause = new Error(scrub(String(error), secrets));
  return new ModelFailure('INTERNAL', fallbackSentences.INTERNAL, { cause });
}

/** The failure of a plain fetch that was answered with an error status. */
export async function toResponseFailure(response: Response, secrets: Secrets): Promise<ModelFailure> {
  const payload = parseErrorBody(await readErrorBody(response));
  return reportedFailure({ payload, status: response.status, headers: response.headers, secrets });
}

/** An error as the provider reported it. */
export interface ErrorSource {
  /** Its body, as JSON where it is JSON. */
  payload: unknown;
  /** The HTTP status; absent: the error came in the stream. */
  status?: number;
  headers?: Headers | undefined;
  /** See `toModelFailure`. */
  secrets: Secrets;
}

export function reportedFailure(source: ErrorSource): ModelFailure {
  const report = readErrorReport(source);
  const { code } = report;
  const status = report.status === null ? '' : ` (HTTP ${report.status})`;
  const Failure = isMisplaced(source, report) ? MisplacedFailure : ModelFailure;
  return new Failure(code, report.sentence || fallbackSentences[code].replace(/\.$/, `${status}.`), report);
}

function isMisplaced({ status }: ErrorSource, { names, sentence }: ErrorReport): boolean {
  if (status !== 404 && status !== 405) return false;
  // Azure calls a model a deployment.
  return ![sentence, ...names].some((said) => /model|deployment/i.test(said));
}

export function timeoutFailure(): ModelFailure {
  return new ModelFailure('TIMEOUT', fallbackSentences.TIMEOUT);
}

/** Names the system's code for what happened, if the error or its cause has one. */
export function connectionFailure(error: unknown): ModelFailure {
  const systemCode = systemCodeOf(error);
  const code = systemCode && /TIMEDOUT|TIMEOUT/.test(systemCode) ? 'TIMEOUT' : 'CONNECTION';
  const suffix = systemCode ? ` (${systemCode})` : '';
  return new ModelFailure(code, fallbackSentences[code].replace(/\.$/, `${suffix}.`));
}

/** The body ended in good order before the provider's terminal marker, so the answer is not whole. */
export function truncatedFailure(): ModelFailure {
  return new ModelFailure('CONNECTION', 'The answer broke off before its end.');
}

/** One event as a JSON object. Throws a `ModelFailure` where it is none: such a stream cannot be trusted any more. */
export function parseEvent(data: string): Record<string, unknown> {
  try {
    const event: unknown = JSON.parse(data);
    if (isRecord(event)) return event;
  } catch {
    // Reported below, together with JSON that is no object.
  }
  throw unreadableFailure();
}

/** The answer to a request for the list of models is no list. */
export function noListFailure(): ModelFailure {
  return new MisplacedFailure('PROVIDER_ERROR', 'The provider answered with something other than a list of models.');
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

function unexpectedBodyFailure(error: UnexpectedBody, secrets: Secrets): ModelFailure {
  const payload = parseErrorBody(error.body);
  const report = readErrorReport({ payload: typeof payload === 'string' ? null : payload, secrets });
  // LM Studio says so of any other path, with status 200.
  const isElsewhere = isPage(error.body) || /^unexpected endpoint or method/i.test(report.sentence);
  const Failure = isElsewhere ? MisplacedFailure : ModelFailure;
  return new Failure(report.code, report.sentence || error.message, report);
}

interface ErrorReport {
  /** See `ErrorSigns`. */
  status: number | null;
  names: string[];
  /** The provider's own sentence, scrubbed; empty: it has none. */
  sentence: string;
  code: FailureCode;
  retryAfterMs: number | null;
}

/** UTF-16 units of a sentence that are looked at: the cause is told before that. */
const readLengthMax = 4096;

function readErrorReport({ payload, status: httpStatus, headers, secrets }: ErrorSource): ErrorReport {
  const error = errorObject(payload);
  const details = Array.isArray(error.details) ? error.details.filter(isRecord) : [];
  const metadata = isRecord(error.metadata) ? error.metadata : {};
  const named = [error.code, error.type, error.status, error.status_code, ...details.map((detail) => detail.reason)];
  // OpenRouter's own message is "Provider returned error"; the upstream's is kept raw.
  const said = sentenceOf(metadata.raw) ?? sentenceOf(error) ?? '';
  const sentence = said.slice(0, readLengthMax);
  const status = httpStatus ?? named.map(Number).find(isErrorStatus) ?? null;
  const names = named
    .filter((value) => typeof value === 'string' || typeof value === 'number')
    .map((name) => String(name).toLowerCase());
  return {
    status,
    names,
    sentence: scrub(said, secrets),
    code: failureCode({ status, names, sentence }),
    retryAfterMs: retryAfter(headers, details, sentence),
  };
}

/** In the stream an error's numeric `code` stands for its HTTP status; other numbers are a provider's own. */
function isErrorStatus(value: number): boolean {
  return value >= 400 && value < 600;
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
  // MiniMax.
  if (!payload.error && isRecord(payload.base_resp)) return payload.base_resp;
  return isRecord(payload.error) ? payload.error : payload;
}

/**
 * Finds the sentence in whatever holds one: FastAPI's list of findings, Mistral's object around that, JSON in a string (gateways
 * repeat an upstream's body so). Never a proxy's page of HTML, nor what is no text.
 */
function sentenceOf(value: unknown): string | undefined {
  if (typeof value === 'string') {
    const json = /^\s*[{[]/.test(value) ? parseErrorBody(value) : value;
    if (typeof json !== 'string') return sentenceOf(json);
    return json.trim() === '' || isPage(json) || !isText(json) ? undefined : json;
  }
  if (Array.isArray(value)) return sentenceOf(value[0]);
  if (!isRecord(value)) return undefined;
  return (
    sentenceOf(value.message) ??
    sentenceOf(value.msg) ??
    sentenceOf(value.detail) ??
    sentenceOf(value.error) ??
    sentenceOf(value.error_msg) ??
    sentenceOf(value.status_msg)
  );
}

/** Whether the text is a page of HTML or XML, and not a sentence such as Alibaba's `<400> InternalError: …`. */
function isPage(body: string): boolean {
  return /^\s*<(?:[!?]|\/?[a-z][a-z0-9:-]*[\s/>])/i.test(body);
}

/** Whether a text is readable: it has few undecodable bytes and control characters. */
function isText(value: string): boolean {
  const beginning = value.slice(0, 500);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const unreadable = beginning.match(/[\0-\x08\x0e-\x1f\x7f-\x9f\ufffd]/g)?.length ?? 0;
  return unreadable * 10 <= beginning.length;
}

/**
 * Whether an event that holds no part of an answer tells of an error: it carries a sentence, or a code that is none of those for
 * success, be it in an `error` or bare.
 */
export function tellsError(event: Readonly<Record<string, unknown>>): boolean {
  if (event.error) return true;
  const inner = isRecord(event.base_resp) ? event.base_resp : event;
  const code = inner.code ?? inner.status_code ?? inner.error_code;
  if (event.success === false) return true;
  if (code !== undefined && code !== null && code !== '') return !/^(0|0{3,6}|20\d|ok|success)$/i.test(String(code));
  const { message, msg, detail, error_msg } = event;
  return inner === event && sentenceOf({ message, msg, detail, error_msg }) !== undefined;
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
  FILE_UNAVAILABLE: 'A file could not be read',
  SOURCES_MISSING: 'There are not enough answers to merge.',
  INSUFFICIENT_CREDITS: 'The credits do not suffice.',
  INTERNAL: 'Something went wrong on the way to the provider.',
};

/** An aborted signal counts as a time-out: callers that were stopped for another reason do not ask for a failure. */
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
