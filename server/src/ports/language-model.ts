/**
 * The port to a provider's models. One implementation serves every model of one provider account.
 *
 * Parts are pushed, not pulled: a provider's chunk becomes parts in the same tick, without a promise or
 * an iterator per event. Nobody needs back-pressure here, because the text is kept in memory anyway and
 * slow readers read it from there (docs/architecture.md).
 */
export interface LanguageModel {
  /**
   * Sends the request once (no retries of its own) and calls `onPart` for everything that arrives, in order.
   *
   * Resolves only when the provider's terminal marker was seen; then a `finish` part has been pushed.
   * Rejects with a `ModelFailure` in every other case: refused, broken off, ended early, not a stream,
   * an error in mid-stream. After `request.signal` is aborted no further part is pushed, the upstream
   * request is cancelled, and the promise settles soon (how does not matter).
   */
  stream(request: ModelRequest, onPart: (part: ModelPart) => void): Promise<void>;

  /**
   * The names of the models the credentials can see, as the provider spells them. Costs nothing.
   * Rejects with a `ModelFailure`.
   */
  listModels(signal: AbortSignal): Promise<string[]>;
}

export interface ModelRequest {
  /** The provider's own name for the model, such as `gpt-4.1`; sent as it is. */
  model: string;
  system: string | null;
  /**
   * Oldest first; begins with `user`; roles alternate; each has a part, and no text is empty. It ends with `user`, or
   * (in a program's call) with the beginning of the answer that the model is to go on with.
   */
  messages: readonly ModelMessage[];
  /** Bounds everything that is billed as output, reasoning included. */
  maxOutputTokens: number;
  /** Absent: the provider's default. Never set for a model whose catalogue entry has `sampling: false`. */
  temperature?: number | undefined;
  topP?: number | undefined;
  /** Ask for visible reasoning, where the provider shows it on request only. */
  reasoning: boolean;
  /** What a program's call asks beside the conversation. Absent: nothing; a prompt of a conversation never has it. */
  options?: CallOptions | undefined;
  signal: AbortSignal;
  /**
   * Whether the process carries so much now that an answer, after its beginning, may be read in fewer, larger pieces.
   * Absent: no.
   */
  isCrowded?: (() => boolean) | undefined;
  /**
   * Called when the head of the answer is there: the provider has the request, and nobody looks at `messages` again. An
   * adapter may leave it out, and the first part says it. Absent: nobody waits for it.
   */
  onSent?: (() => void) | undefined;
}

/**
 * What programs may ask of a model. An adapter sends each option in its provider's own form, and leaves out, or puts as
 * near as the provider can, what the provider has no form for.
 */
export interface CallOptions {
  /** Functions that the model may call. Absent or empty: none. */
  tools?: readonly ModelTool[] | undefined;
  /** `required`: it must call one; `name`: it must call this one. Absent: the provider's default, which is `auto`. */
  toolChoice?: 'auto' | 'none' | 'required' | { name: string } | undefined;
  /** Whether the model may call several tools at once. Absent: the provider's default. */
  parallelToolCalls?: boolean | undefined;
  /** The answer ends before the first of these texts. Absent or empty: none. */
  stop?: readonly string[] | undefined;
  /** How much the model thinks. Absent: the provider's default. */
  effort?: ReasoningEffort | undefined;
  /** The most tokens that it thinks, where the caller says so (Anthropic's budget). Absent: the adapter's own. */
  reasoningTokensMax?: number | undefined;
  /** The form of the answer. Absent: text. */
  format?: AnswerFormat | undefined;
  /**
   * Whether the model may search the web by itself. Only for a model that can, and whose searches have a price; an adapter
   * leaves it out where the provider does not take it beside functions. Default: no.
   */
  search?: boolean | undefined;
}

export const reasoningEfforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
export type ReasoningEffort = (typeof reasoningEfforts)[number];

export interface ModelTool {
  name: string;
  description: string | null;
  /** A JSON schema of an object; null: the tool takes nothing. */
  parameters: Readonly<Record<string, unknown>> | null;
  /** Whether the arguments must fit the schema exactly, where the provider can promise it. Absent: its default. */
  strict?: boolean | undefined;
}

export type AnswerFormat =
  | { type: 'json' }
  | {
      type: 'schema';
      name: string;
      description: string | null;
      schema: Readonly<Record<string, unknown>>;
      /** Absent: the provider's default. */
      strict?: boolean | undefined;
    };

export interface ModelMessage {
  role: 'user' | 'assistant';
  /** In their order. */
  parts: readonly MessagePart[];
}

/** Tool calls and reasoning are of assistants' messages, tools' results and files of users'; of assistants' are only images that they made. */
export type MessagePart = TextPart | FilePart | ReasoningPart | OpaquePart | ToolCallPart | ToolResultPart;

export interface TextPart {
  type: 'text';
  text: string;
}

export interface FilePart {
  type: 'file';
  /** In lower case: `image/png`, `application/pdf`, … */
  mediaType: string;
  /** The bytes, in base64. */
  data: string;
  /** Null: it has none. */
  name: string | null;
  /** How closely an image is to be looked at, in OpenAI's words. Absent: the provider's default. */
  detail?: string | undefined;
}

/** What the model thought before, given back so that it can go on from there. */
export interface ReasoningPart {
  type: 'reasoning';
  text: string;
  /** The provider's proof that the text is its own; null: it gave none, and only some providers take such a part. */
  signature: string | null;
  /** Whether the provider hid the text, which is empty then, and `signature` stands for it. Absent: no. */
  redacted?: boolean | undefined;
}

/**
 * What the provider did by itself in the middle of an answer, such as a search with what it found, in the provider's own
 * form. Its model goes on only if it is given this back in its place, as it is; other models are not given it.
 */
export interface OpaquePart {
  type: 'opaque';
  data: string;
}

export interface ToolCallPart {
  type: 'toolCall';
  id: string;
  name: string;
  /** JSON. */
  arguments: string;
  /** The provider's proof of the thought behind the call (Gemini). Absent or null: it gave none. */
  signature?: string | null | undefined;
}

export interface ToolResultPart {
  type: 'toolResult';
  callId: string;
  content: readonly (TextPart | FilePart)[];
  /** Whether the tool failed. Absent: it did not. */
  isError?: boolean | undefined;
}

export function textMessage(role: ModelMessage['role'], text: string): ModelMessage {
  return { role, parts: [{ type: 'text', text }] };
}

/** The text of a message, without its other parts. */
export function textOf({ parts }: Pick<ModelMessage, 'parts'>): string {
  const [only] = parts;
  if (parts.length === 1 && only) return only.type === 'text' ? only.text : '';
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

/**
 * The last message of a request that has the model go on with its answer; what comes is appended to that answer as it
 * is.
 */
export const GO_ON =
  'Your answer was cut off. Go on exactly where it ends, even in the middle of a word or a line, and repeat nothing of it. Begin with a space or a line break if one belongs there. Do not say that you go on.';

export type ModelPart =
  /** Bytes arrived that are none of the other parts (a ping, half an event): the connection is alive. Never sent for headers. */
  | { type: 'activity' }
  /** A piece of the answer as the provider sent it; may be empty or end inside a surrogate pair. */
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string }
  /** A piece of the model's own words for declining, where the provider keeps them apart from the answer. */
  | { type: 'refusal'; text: string }
  | { type: 'citation'; url: string; title: string | null }
  /** An image that the model made, whole: its bytes in base64, of whatever type the provider says. */
  | MadeImage
  /** The model begins to call a tool. `call` counts the calls of the answer, from 0. */
  | { type: 'toolCall'; call: number; id: string; name: string; signature: string | null }
  /** A piece of the JSON of a call's arguments; pieces of several calls may come mixed. */
  | { type: 'toolArguments'; call: number; text: string }
  /** The provider's proof of the reasoning since the last one, whole, and whether it hid that (see `ReasoningPart`). */
  | { type: 'signature'; text: string; redacted: boolean }
  | OpaquePart
  /**
   * May come several times; each replaces the one before, unless it reports less. It covers everything that was pushed
   * before it. A count of 0 that cannot be true (every request has input, a text has output) means that it was not
   * reported. `costUsd` is the provider's own cost of the answer so far, in USD, as it was reported: it may not be a
   * price at all. Absent: not reported.
   */
  | { type: 'usage'; usage: TokenUsage; costUsd?: number }
  /**
   * The provider has said why the answer ends; nothing that still comes is part of it. Its terminal marker is yet to be
   * seen. `stoppedAt` is which of the call's stop texts ended the answer. Absent: none, or the provider does not say.
   */
  | { type: 'ending'; reason: FinishReason; stoppedAt?: string | undefined }
  /** `isPaused`: the answer goes on if the model is given all of it back as the last message. Absent: no. */
  | { type: 'finish'; reason: FinishReason; stoppedAt?: string | undefined; isPaused?: true | undefined };

export interface MadeImage {
  type: 'image';
  /** In lower case. */
  mediaType: string;
  data: string;
}

/**
 * Disjoint buckets, in tokens: each token is in exactly one. Input billed is the sum of the first three,
 * output billed the sum of the last two.
 */
export interface TokenUsage {
  inputTokens: number;
  /** How many of `inputTokens` are of images. Absent: none, or the provider does not say. */
  imageInputTokens?: number;
  cachedInputTokens: number;
  /** Written to the provider's cache, where that is billed apart (Anthropic, OpenAI); else 0. */
  cacheWriteInputTokens: number;
  /** Without reasoning. */
  outputTokens: number;
  reasoningTokens: number;
  /** Searches of the web by the model itself, as far as each is billed. Absent: none. */
  searches?: number;
}

export const finishReasons = ['STOP', 'LENGTH', 'CONTENT_FILTER', 'REFUSAL', 'TOOL_CALLS', 'OTHER'] as const;
export type FinishReason = (typeof finishReasons)[number];

export const failureCodes = [
  'AUTHENTICATION',
  'RATE_LIMITED',
  'QUOTA_EXCEEDED',
  'OVERLOADED',
  'MODEL_NOT_FOUND',
  'INVALID_REQUEST',
  'CONTEXT_TOO_LONG',
  'CONTENT_FILTERED',
  'TIMEOUT',
  'CONNECTION',
  'PROVIDER_ERROR',
  'FILE_UNAVAILABLE',
  // Nobody was asked: fewer than two answers are there to be merged, or no credits to begin with.
  'SOURCES_MISSING',
  'INSUFFICIENT_CREDITS',
  'INTERNAL',
] as const;
export type FailureCode = (typeof failureCodes)[number];

/** Whether the same request, sent again a little later or to another model, may well succeed. */
const retryableCodes: ReadonlySet<FailureCode> = new Set([
  'RATE_LIMITED',
  'OVERLOADED',
  'TIMEOUT',
  'CONNECTION',
  'PROVIDER_ERROR',
  'FILE_UNAVAILABLE',
]);

export function isRetryable(code: FailureCode): boolean {
  return retryableCodes.has(code);
}

/**
 * A model gave no answer, or not a whole one. The message is shown to members: it holds no key, no stack, and no URL
 * except a wrong base URL's host and path.
 */
export class ModelFailure extends Error {
  readonly code: FailureCode;
  readonly retryable: boolean;
  /** The wait that the provider asked for (Retry-After), in milliseconds; null if it asked for none. */
  readonly retryAfterMs: number | null;

  constructor(code: FailureCode, message: string, options: { retryAfterMs?: number | null; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ModelFailure';
    this.code = code;
    this.retryable = isRetryable(code);
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}
