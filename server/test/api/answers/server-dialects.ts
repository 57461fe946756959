import type { WireAnswer } from '../../wire-server.ts';

/** How one kind of self-hosted server speaks on the wire, oddities included. */
export interface ServerDialect {
  /** The heading of its entry in docs/servers.md. */
  server: string;
  env: Record<string, string>;
  /** Headers and fields that each request must have. undefined: the request must not have the field. */
  sent: {
    path: string;
    headers: Record<string, string | undefined>;
    body: Record<string, unknown>;
    /** The beginning of the messages for the system prompt `Be brief.` and the prompt `One?`. */
    opening: { role: string; content: string }[];
  };
  /** A whole answer with the text `text`. */
  whole(text: string): string;
  /** The beginning of an unfinished answer with the text `text`. */
  beginning(text: string): string;
  /** The reasoning, tokens and credits stored for a whole answer. */
  billed: { reasoning: string; input: number; output: number; credits: number };
  /** An answer that refuses a request or breaks off, and the expected failure. */
  failing: { answer: WireAnswer; code: string; says: string; text: string };
}

type Choice = { delta: object; finish_reason?: string | null; [field: string]: unknown };

function frames(...chunks: (object | string)[]): string {
  return chunks
    .map((chunk) => (typeof chunk === 'string' ? chunk : `data: ${JSON.stringify(chunk)}`))
    .map((frame) => `${frame}\n\n`)
    .join('');
}

function chunk(model: string, choice: Choice | null, more: object = {}) {
  const choices = choice ? [{ index: 0, finish_reason: null, ...choice }] : [];
  return { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_760_000_000, model, choices, ...more };
}

function json(status: number, body: object): WireAnswer {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(body) };
}

const system = { role: 'system', content: 'Be brief.' };
const prompt = { role: 'user', content: 'One?' };

/** Reasoning in `reasoning`, usage in a chunk without choices, an error that names the model to pull. */
const ollama: ServerDialect = {
  server: 'Ollama',
  env: {},
  sent: {
    path: '/v1/chat/completions',
    headers: { authorization: undefined },
    body: { max_tokens: 4096, stream: true, stream_options: { include_usage: true } },
    opening: [system, prompt],
  },
  beginning: (text) =>
    frames(
      chunk(
        'qwen3:8b',
        { delta: { role: 'assistant', content: '', reasoning: 'Hm.' } },
        { system_fingerprint: 'fp_ollama' },
      ),
      chunk('qwen3:8b', { delta: { role: 'assistant', content: text } }, { system_fingerprint: 'fp_ollama' }),
    ),
  whole: (text) =>
    ollama.beginning(text) +
    frames(
      chunk('qwen3:8b', { delta: { role: 'assistant', content: '' }, finish_reason: 'stop' }),
      chunk('qwen3:8b', null, { usage: { prompt_tokens: 26, completion_tokens: 9, total_tokens: 35 } }),
      'data: [DONE]',
    ),
  billed: { reasoning: 'Hm.', input: 26, output: 9, credits: 0 },
  failing: {
    answer: json(404, {
      error: {
        message: 'model "qwen3:8b" not found, try pulling it first',
        type: 'api_error',
        param: null,
        code: null,
      },
    }),
    code: 'MODEL_NOT_FOUND',
    says: 'try pulling it first',
    text: '',
  },
};

/** Reasoning in `reasoning_content`, keep-alives, timings beside the usage, an error in mid-stream. */
const llamaCpp: ServerDialect = {
  server: 'llama.cpp',
  env: { LLAMA_CPP_API_KEY: 'a key of llama-server' },
  sent: {
    path: '/v1/chat/completions',
    headers: { authorization: 'Bearer a key of llama-server' },
    body: { max_tokens: 4096, cache_prompt: true, top_k: 20 },
    opening: [system, prompt],
  },
  beginning: (text) =>
    frames(
      ':',
      chunk('qwen3-8b', { delta: { role: 'assistant', content: null } }),
      chunk('qwen3-8b', { delta: { reasoning_content: 'Hm.' } }),
      ':',
      chunk('qwen3-8b', { delta: { content: text } }),
    ),
  whole: (text) =>
    llamaCpp.beginning(text) +
    frames(
      chunk('qwen3-8b', { delta: {}, finish_reason: 'stop' }),
      chunk('qwen3-8b', null, {
        usage: {
          completion_tokens: 7,
          prompt_tokens: 21,
          total_tokens: 28,
          prompt_tokens_details: { cached_tokens: 16 },
        },
        timings: { cache_n: 16, prompt_n: 5, prompt_ms: 24.1, predicted_n: 7, predicted_ms: 61.9 },
      }),
      'data: [DONE]',
    ),
  billed: { reasoning: 'Hm.', input: 21, output: 7, credits: 0 },
  failing: {
    answer: {
      body:
        frames(chunk('qwen3-8b', { delta: { content: 'Half' } })) +
        'data: {"error":{"code":500,"message":"Context size has been exceeded.","type":"server_error"}}\n\n',
    },
    code: 'CONTEXT_TOO_LONG',
    says: 'Context size has been exceeded.',
    text: 'Half',
  },
};

/** Errors have their own event type. */
const lmStudio: ServerDialect = {
  server: 'LM Studio',
  env: {},
  sent: {
    path: '/v1/chat/completions',
    headers: { authorization: undefined },
    body: { model: 'openai/gpt-oss-20b', max_tokens: 4096 },
    opening: [system, prompt],
  },
  beginning: (text) =>
    frames(
      chunk('openai/gpt-oss-20b', { delta: { role: 'assistant', reasoning: 'Hm.' }, logprobs: null }),
      chunk('openai/gpt-oss-20b', { delta: { role: 'assistant', content: text }, logprobs: null }),
    ),
  whole: (text) =>
    lmStudio.beginning(text) +
    frames(
      chunk('openai/gpt-oss-20b', { delta: {}, logprobs: null, finish_reason: 'stop' }),
      chunk('openai/gpt-oss-20b', null, {
        usage: {
          prompt_tokens: 80,
          completion_tokens: 12,
          total_tokens: 92,
          completion_tokens_details: { reasoning_tokens: 5 },
        },
      }),
      'data: [DONE]',
    ),
  billed: { reasoning: 'Hm.', input: 80, output: 12, credits: 0 },
  failing: {
    answer: {
      body: 'event: error\ndata: {"error":{"message":"The model has crashed without additional information. (Exit code: 6)"},"message":"The model has crashed"}\n\n',
    },
    code: 'PROVIDER_ERROR',
    says: 'The model has crashed',
    text: '',
  },
};

/** The role in its own chunk, `stop_reason` beside `finish_reason`, errors with a number as code. */
const vllm: ServerDialect = {
  server: 'vLLM',
  env: { VLLM_API_KEY: 'a key of vllm' },
  sent: {
    path: '/v1/chat/completions',
    headers: { authorization: 'Bearer a key of vllm' },
    body: { model: 'google/gemma-2-9b-it', max_tokens: 2048, repetition_penalty: 1.05 },
    opening: [{ role: 'user', content: 'Be brief.\n\nOne?' }],
  },
  beginning: (text) =>
    frames(
      chunk('google/gemma-2-9b-it', { delta: { role: 'assistant', content: '' }, logprobs: null }),
      chunk('google/gemma-2-9b-it', { delta: { content: text }, logprobs: null, stop_reason: null }),
    ),
  whole: (text) =>
    vllm.beginning(text) +
    frames(
      chunk('google/gemma-2-9b-it', {
        delta: { content: '' },
        logprobs: null,
        finish_reason: 'stop',
        stop_reason: 107,
      }),
      chunk('google/gemma-2-9b-it', null, { usage: { prompt_tokens: 100, total_tokens: 120, completion_tokens: 20 } }),
      'data: [DONE]',
    ),
  // 100 · 0.05 + 20 · 0.1
  billed: { reasoning: '', input: 100, output: 20, credits: 7 },
  failing: {
    answer: json(400, {
      error: {
        message:
          "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (6952 in the messages, 2048 in the completion).",
        type: 'BadRequestError',
        param: null,
        code: 400,
      },
    }),
    code: 'CONTEXT_TOO_LONG',
    says: 'maximum context length',
    text: '',
  },
};

/** Anthropic's names in the usage, the cost beside them, errors with a status in words. */
const liteLlm: ServerDialect = {
  server: 'LiteLLM',
  env: { LITELLM_API_KEY: 'sk-litellm-virtual-key' },
  sent: {
    path: '/v1/chat/completions',
    headers: { authorization: 'Bearer sk-litellm-virtual-key', 'x-litellm-tags': 'polylogue' },
    body: { model: 'claude-sonnet', max_tokens: 32_000 },
    opening: [system, prompt],
  },
  beginning: (text) => frames(chunk('claude-sonnet', { delta: { content: text, role: 'assistant' } })),
  whole: (text) =>
    liteLlm.beginning(text) +
    frames(
      chunk('claude-sonnet', { delta: {}, finish_reason: 'stop' }),
      chunk('claude-sonnet', null, {
        usage: {
          completion_tokens: 30,
          prompt_tokens: 2000,
          total_tokens: 2030,
          prompt_tokens_details: { cached_tokens: 500, cache_creation_tokens: 1200 },
          cache_creation_input_tokens: 1200,
          cache_read_input_tokens: 500,
          cost: 0.0054000001,
        },
      }),
      'data: [DONE]',
    ),
  billed: { reasoning: '', input: 2000, output: 30, credits: 5401 },
  failing: {
    answer: json(429, {
      error: {
        message: 'Budget has been exceeded! Current cost: 2.1, Max budget: 2.0',
        type: 'budget_exceeded',
        param: null,
        code: '429',
      },
    }),
    code: 'QUOTA_EXCEEDED',
    says: 'Budget has been exceeded',
    text: '',
  },
};

/** Comments that keep the connection alive, the cost in the last chunk, an error beside a choice. */
const openRouter: ServerDialect = {
  server: 'OpenRouter',
  env: { OPENROUTER_API_KEY: 'sk-or-v1-0123456789abcdef' },
  sent: {
    path: '/api/v1/chat/completions',
    headers: {
      authorization: 'Bearer sk-or-v1-0123456789abcdef',
      'http-referer': 'https://chat.example.com',
      'x-title': 'Polylogue',
    },
    body: {
      model: 'deepseek/deepseek-v3.2',
      max_tokens: 16_384,
      reasoning: { enabled: true },
      provider: { data_collection: 'deny', max_price: { prompt: 1, completion: 3 } },
    },
    opening: [system, prompt],
  },
  beginning: (text) =>
    frames(
      ': OPENROUTER PROCESSING',
      chunk('deepseek/deepseek-v3.2', {
        delta: {
          role: 'assistant',
          content: '',
          reasoning: 'Hm.',
          reasoning_details: [{ type: 'reasoning.text', text: 'Hm.' }],
        },
        native_finish_reason: null,
      }),
      ': OPENROUTER PROCESSING',
      chunk('deepseek/deepseek-v3.2', { delta: { role: 'assistant', content: text } }, { provider: 'DeepInfra' }),
    ),
  whole: (text) =>
    openRouter.beginning(text) +
    frames(
      chunk('deepseek/deepseek-v3.2', { delta: { content: '' }, finish_reason: 'stop', native_finish_reason: 'stop' }),
      chunk(
        'deepseek/deepseek-v3.2',
        { delta: { role: 'assistant', content: '' } },
        {
          usage: {
            prompt_tokens: 194,
            completion_tokens: 40,
            total_tokens: 234,
            cost: 0.00006789,
            is_byok: false,
            prompt_tokens_details: { cached_tokens: 64, cache_write_tokens: 0 },
            cost_details: { upstream_inference_cost: 0.00006789 },
            completion_tokens_details: { reasoning_tokens: 11 },
          },
        },
      ),
      'data: [DONE]',
    ),
  billed: { reasoning: 'Hm.', input: 194, output: 40, credits: 68 },
  failing: {
    answer: {
      body: frames(
        chunk('deepseek/deepseek-v3.2', { delta: { content: 'Half' } }),
        chunk(
          'deepseek/deepseek-v3.2',
          { delta: { content: '' }, finish_reason: 'error' },
          {
            error: { code: 502, message: 'Provider disconnected unexpectedly' },
          },
        ),
        'data: [DONE]',
      ),
    },
    code: 'PROVIDER_ERROR',
    says: 'Provider disconnected unexpectedly',
    text: 'Half',
  },
};

/** A first chunk about the content filter, without a choice. */
const azure: ServerDialect = {
  server: 'Azure OpenAI',
  env: { AZURE_OPENAI_API_KEY: '0123456789abcdef0123456789abcdef' },
  sent: {
    path: '/openai/v1/chat/completions',
    headers: { 'api-key': '0123456789abcdef0123456789abcdef', authorization: undefined },
    body: { model: 'gpt-5-mini', max_completion_tokens: 32_000, max_tokens: undefined },
    opening: [{ role: 'developer', content: 'Be brief.' }, prompt],
  },
  beginning: (text) => azureBeginning('gpt-5-mini', text),
  whole: (text) =>
    azure.beginning(text) +
    frames(
      chunk('gpt-5-mini', { delta: {}, finish_reason: 'stop', content_filter_results: {} }),
      chunk('gpt-5-mini', null, {
        usage: {
          prompt_tokens: 1000,
          completion_tokens: 100,
          total_tokens: 1100,
          prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
          completion_tokens_details: { reasoning_tokens: 64, accepted_prediction_tokens: 0 },
        },
      }),
      'data: [DONE]',
    ),
  // 1000 · 0.25 + 100 · 2
  billed: { reasoning: '', input: 1000, output: 100, credits: 450 },
  failing: {
    answer: json(401, {
      error: {
        code: '401',
        message:
          'Access denied due to invalid subscription key 0123456789abcdef0123456789abcdef or wrong API endpoint.',
      },
    }),
    code: 'AUTHENTICATION',
    says: 'invalid subscription key [key] or',
    text: '',
  },
};

const azureDeployment: ServerDialect = {
  server: 'Azure OpenAI, a deployment with its api-version',
  env: azure.env,
  sent: {
    path: '/openai/deployments/gpt-4.1/chat/completions?api-version=2024-10-21',
    headers: { 'api-key': '0123456789abcdef0123456789abcdef', authorization: undefined },
    body: { max_tokens: 32_768, max_completion_tokens: undefined },
    opening: [system, prompt],
  },
  beginning: (text) => azureBeginning('gpt-4.1', text),
  whole: (text) =>
    azureDeployment.beginning(text) +
    frames(
      chunk('gpt-4.1', { delta: {}, finish_reason: 'stop', content_filter_results: {} }),
      chunk('gpt-4.1', null, { usage: { prompt_tokens: 50, completion_tokens: 10, total_tokens: 60 } }),
      'data: [DONE]',
    ),
  // 50 · 2 + 10 · 8
  billed: { reasoning: '', input: 50, output: 10, credits: 180 },
  failing: {
    answer: json(404, {
      error: {
        code: 'DeploymentNotFound',
        message: 'The API deployment for this resource does not exist. Please wait a moment and try again.',
      },
    }),
    code: 'MODEL_NOT_FOUND',
    says: 'deployment for this resource does not exist',
    text: '',
  },
};

function azureBeginning(model: string, text: string): string {
  const safe = { hate: { filtered: false, severity: 'safe' } };
  return frames(
    {
      choices: [],
      created: 0,
      id: '',
      model: '',
      object: '',
      prompt_filter_results: [{ prompt_index: 0, content_filter_results: safe }],
    },
    chunk(model, { delta: { role: 'assistant', content: '', refusal: null }, content_filter_results: {} }),
    chunk(model, { delta: { content: text }, content_filter_results: safe }, { obfuscation: 'kPw2' }),
    // The asynchronous content filter's verdict on the text.
    {
      ...chunk(model, null),
      choices: [
        { index: 0, finish_reason: null, content_filter_offsets: { check_offset: 44 }, content_filter_results: safe },
      ],
    },
  );
}

export const serverDialects: readonly ServerDialect[] = [
  ollama,
  llamaCpp,
  lmStudio,
  vllm,
  liteLlm,
  openRouter,
  azure,
  azureDeployment,
];
