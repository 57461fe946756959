import type { FilePart, ModelTool, TextPart } from './language-model.ts';

/** A tool of this house that models may call: a built-in one, or one of an MCP server. */
export interface Tool {
  /** Names it for good: `calculator`, or `mcp/<server id>/<the server's name for it>`. */
  readonly id: string;
  /** As models are told of it; `name` is 1 to 64 of `A-Z a-z 0-9 _ -`, and unique among the tools of this house. */
  readonly definition: ModelTool;
  /** Whether it changes nothing anywhere, by its own word. */
  readonly isReadOnly: boolean;

  /**
   * Carries the call out, once: nothing here tries again. What goes wrong at the tool is a result with `isError`, in words
   * that the model can act on and that name no secret.
   *
   * Rejects with a `ToolUnavailable` if it is certain that the call was not carried out; with anything else if that is not
   * known. After `signal` is aborted it settles soon, and its result is not used.
   */
  call(request: ToolRequest): Promise<ToolResult>;

  /**
   * Whether a call does only what the member asked for, so that it goes ahead without their approval where the tool needs
   * one. Absent: none does.
   */
  isExpected?(call: Pick<ToolRequest, 'arguments'>, known: KnownAddresses): boolean;
}

/** Addresses that no model made up. */
export interface KnownAddresses {
  /** What the member wrote: the prompt that is answered. */
  texts: readonly string[];
  /** What web searches of this house gave for the answer: the citations of `web_search`, and of no other tool. */
  found: readonly string[];
}

export interface ToolRequest {
  /**
   * The arguments as the model wrote them: an object that fits the schema, unless that has expressions or references, or
   * there are so many values in both that comparing them takes too long.
   */
  arguments: Readonly<Record<string, unknown>>;
  /** Unlike that of any other call; the same if the same call is told of twice. */
  callId: string;
  /** The member for whom the model works: the tool reaches nothing that this member could not. */
  userId: string;
  /** The conversation in which it works; null: it is a program's call. */
  conversationId: string | null;
  signal: AbortSignal;
}

export interface ToolResult {
  /** Bounded by the tool: see `RESULT_LENGTH_MAX`. */
  content: readonly (TextPart | FilePart)[];
  isError: boolean;
  /** Pages that the result quotes, for the answer's list of sources. Absent: none. */
  citations?: readonly { url: string; title: string | null }[];
}

/**
 * The id of the tool that stands for the search of a model's own provider. No model is told of it or calls it: where it is
 * let, a request has `CallOptions.search` if `providerSearch` (domain/catalogue) knows how the model searches.
 */
export const PROVIDER_SEARCH = 'provider/search';

/** UTF-16 code units of all texts of a result. What is longer is cut, and ends by saying so. */
export const RESULT_LENGTH_MAX = 100_000;

/** The call was certainly not carried out. The message is shown to members and models, and names no secret. */
export class ToolUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ToolUnavailable';
  }
}
