/** How a provider is spoken to; `mock` answers by itself. */
export type ProviderKind = 'openai' | 'anthropic' | 'google' | 'openai-compatible' | 'mock';

/** What a request of chat completions holds beside the conversation. A model's options stand over its provider's. */
export interface ChatOptions {
  /** Sent along as it is; parameters that this server sets itself stand over it. Default: nothing. */
  extraBody?: Readonly<Record<string, unknown>> | undefined;
  /** The role of the system prompt; `user` puts it into the first prompt. Default: `system`. */
  systemRole?: 'system' | 'developer' | 'user' | undefined;
  /** The endpoint's name for the limit of an answer. Default: `max_completion_tokens` of openai, else `max_tokens`. */
  maxTokensParameter?: 'max_tokens' | 'max_completion_tokens' | undefined;
}

/** How an endpoint differs from the others of its kind. */
export interface Dialect extends ChatOptions {
  /**
   * Sent with each request, over those that the SDK sets. In a provider's description `${NAME}` stands for an environment
   * variable; in its credentials the variable is filled in. Default: none.
   */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Added to the address of each request; filled in like `headers`. */
  query?: Readonly<Record<string, string>> | undefined;
  /** Chat completions: ask for usage by `stream_options`. Default: true. */
  requestUsage?: boolean | undefined;
  /** Chat completions: parameters of a request that wants visible reasoning. Default: nothing. */
  reasoningParameters?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Chat completions: parameters of a request whose model may search the web. Default: the Responses API for models that
   * search by it, else `web_search_options` of openai, else nothing.
   */
  searchParameters?: Readonly<Record<string, unknown>> | undefined;
  /** Anthropic's messages: the API as it was, for gateways that speak no later version. Default: the SDK's own. */
  legacyVersion?: '2023-06-01' | undefined;
}

/** How a model is asked. */
export interface ModelOptions extends ChatOptions {
  /** The provider's own name for the model, sent as it is. */
  providerModel: string;
  /** Anthropic's models: it thinks within a fixed budget only, not as it sees fit. Default: false. */
  budgetedThinking?: boolean | undefined;
  /**
   * Compatible providers' models: `<think>…</think>` at the very beginning of an answer is reasoning and not text.
   * Default: true.
   */
  thinkTags?: boolean | undefined;
  /** How it searches the web by itself. Absent: it does not. */
  search?: ModelSearch | undefined;
}

/** How a model searches the web by itself. */
export interface ModelSearch {
  /** `always`: of its own accord, at the price of its answers; `asked`: where a request asks for it. */
  when: 'always' | 'asked';
  /** OpenAI's and xAI's models: by the Responses API, which is asked then in place of chat completions. Default: no. */
  api?: 'responses' | undefined;
  /** What the provider bills: each search, or a request with any. Default: each search. */
  billed?: 'search' | 'request' | undefined;
  /** Searches of one request that are paid for in advance; it is told to make no more where its provider can be told. */
  max: number;
  /** Whether it searches in a request with functions too. Default: no. */
  withTools?: boolean | undefined;
  /** USD for one of what is billed. Absent: nobody knows it, and the model is never asked to search. */
  priceUsd?: number | undefined;
}

/** A configured provider, as its adapter is given it. */
export interface ProviderAccess extends Dialect {
  kind: ProviderKind;
  /** Null: the provider needs none. */
  apiKey: string | null;
  /** In the SDK's own sense; null: the SDK's default. */
  baseURL: string | null;
  /** What its headers and query hold that nobody may see; absent: nothing. */
  secrets?: readonly string[] | undefined;
  /** The one way out; adds `headers` and `query`. */
  fetch: typeof fetch;
  /** How a model of this provider is asked, by the provider's own name for it; undefined: as usual. */
  optionsOf: (providerModel: string) => ModelOptions | undefined;
}
