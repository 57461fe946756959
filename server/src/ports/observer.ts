import type { FailureCode, FinishReason, TokenUsage } from './language-model.ts';

/**
 * Hears what is done about prompts: the log, the figures and a collector of traces each make of it what they need. No
 * event has a text, a key or a name of a person. A method must not throw, and must not keep the caller waiting.
 */
export interface Observer {
  promptAdmitted(prompt: AdmittedPrompt): void;
  promptRefused(prompt: RefusedPrompt): void;
  attemptEnded(attempt: EndedAttempt): void;
  responseEnded(response: EndedResponse): void;
}

/** The request in which somebody asks. */
export interface RequestOrigin {
  /** Names the request in lines and traces, and in its answer's header. */
  readonly requestId: string;
  /** The headers of W3C Trace Context, if the request has them. */
  readonly traceparent: string | null;
  readonly tracestate: string | null;
}

export interface Asker {
  /** Null: it was not asked in a request, or another process was asked. */
  origin: RequestOrigin | null;
  memberId: string;
  /** Null: a session asks. */
  apiKeyId: string | null;
}

/** A prompt, one more version of an answer, or a program's call. */
export type PromptKind = 'prompt' | 'regeneration' | 'continuation' | 'merge' | 'call';

interface AskedPrompt extends Asker {
  kind: PromptKind;
  /** Milliseconds since 1970. */
  startedAt: number;
  durationMs: number;
}

export interface AdmittedPrompt extends AskedPrompt {
  turnId: string;
  conversationId: string;
  /** The account that pays. */
  creditAccountId: string;
  responses: readonly { responseId: string; modelId: string; creditsHeld: number }[];
}

export interface RefusedPrompt extends AskedPrompt {
  /** The name of the refusal, such as RateLimitError. */
  refusal: string;
}

interface OfResponse extends Asker {
  /** A call's is the response's own. */
  turnId: string;
  responseId: string;
}

/** One request to one model. */
export interface EndedAttempt extends OfResponse {
  /** Counted from 1, over the response's models. */
  attempt: number;
  modelId: string;
  providerId: string;
  /** The provider's own name for the model. */
  providerModel: string;
  status: 'COMPLETED' | 'FAILED' | 'STOPPED';
  /** Null: it did not fail. */
  failureCode: FailureCode | null;
  finishReason: FinishReason | null;
  /** What the provider reported; null: nothing. */
  usage: TokenUsage | null;
  maxOutputTokens: number;
  /** Milliseconds since 1970. */
  startedAt: number;
  durationMs: number;
  /** From the request to the first character; null: none came. */
  firstTokenMs: number | null;
}

/** A response that its process has ended. */
export interface EndedResponse extends OfResponse {
  /** The model that was asked. */
  modelId: string;
  /** The model that answered. */
  servedBy: string;
  providerId: string;
  creditAccountId: string;
  /** Whether another process had left the response. */
  recovered: boolean;
  creditsHeld: number;
  /** Null: the process could not make the response final, and another one will. */
  settled: {
    status: 'COMPLETED' | 'FAILED' | 'STOPPED' | 'INTERRUPTED';
    failureCode: FailureCode | null;
    finishReason: FinishReason | null;
    /** What is charged; null: nothing. */
    usage: TokenUsage | null;
    usageEstimated: boolean;
    creditsCharged: number;
    /** When the settlement began, in milliseconds since 1970, and how long it took. */
    startedAt: number;
    durationMs: number;
  } | null;
  /** From the start of the response to the end of its text. */
  durationMs: number;
  firstTokenMs: number | null;
}

/** An observer that tells all of these; with none, it is deaf. */
export function observedBy(observers: readonly Observer[]): Observer {
  return {
    promptAdmitted(prompt) {
      for (const observer of observers) observer.promptAdmitted(prompt);
    },
    promptRefused(prompt) {
      for (const observer of observers) observer.promptRefused(prompt);
    },
    attemptEnded(attempt) {
      for (const observer of observers) observer.attemptEnded(attempt);
    },
    responseEnded(response) {
      for (const observer of observers) observer.responseEnded(response);
    },
  };
}
