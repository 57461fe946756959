import type { FailureCode } from '../../ports/language-model.ts';

/** The signs by which an error's cause is told. */
export interface ErrorSigns {
  /** The HTTP status, or the status that an error object in the stream names. */
  status: number | null;
  /** The machine-readable names in it, in lower case: `type`, `code`, Google's `status` and `reason`. */
  names: readonly string[];
  /** The provider's own words; empty where there are none. */
  sentence: string;
}

/**
 * Tells the cause by the first of these that tells: words that can only mean that money is gone; the names in the report; its
 * sentence (about anything but money only if the status leaves the cause open: a sentence about tokens in a 429 is a rate
 * limit); its status; whether it calls our request invalid.
 */
export function failureCode({ status, names, sentence }: ErrorSigns): FailureCode {
  const passes = passing.test(sentence);
  if (!passes && moneyGone.test(sentence)) return 'QUOTA_EXCEEDED';
  const byName = names.map((name) => codesByName.get(name)).find((code) => code !== undefined);
  if (byName) return byName;
  if (!passes && quotaGone.test(sentence)) return 'QUOTA_EXCEEDED';
  const open = status === null || ![401, 402, 408, 429].includes(status);
  const bySentence = open
    ? codesBySentence.find(([pattern, , onlyOurs]) => pattern.test(sentence) && !(onlyOurs && isTheirs(status)))
    : undefined;
  if (bySentence) return bySentence[1];
  if (status !== null && codesByStatus[status]) return codesByStatus[status];
  if (status !== null && status >= 400 && status < 500) return 'INVALID_REQUEST';
  return status === null && names.includes('invalid_request_error') ? 'INVALID_REQUEST' : 'PROVIDER_ERROR';
}

/** Statuses of a server's own fault: a sentence about keys or models is then about those behind the server. */
function isTheirs(status: number | null): boolean {
  return status !== null && status >= 500;
}

/** Names that tell the cause whatever the status: xAI and Google answer 400 to a bad key, Groq 413 to a rate limit. */
const namesByCode: Partial<Record<FailureCode, readonly string[]>> = {
  AUTHENTICATION: [
    'authentication_error',
    'invalid_api_key',
    'api_key_invalid',
    'permission_error',
    'permission_denied',
    'unauthenticated',
  ],
  QUOTA_EXCEEDED: [
    'insufficient_quota',
    'insufficient_user_quota', // new-api, one-api
    'pre_consume_token_quota_failed',
    'exceeded_current_quota_error', // Moonshot
    'insufficient_balance',
    'insufficient_credits',
    'insufficient_funds',
    'budget_exceeded', // litellm
    'billing_error',
    'billing_not_active',
    'billing_disabled',
    'billing_hard_limit_reached',
    'payment_required',
    'arrearage', // Alibaba
    'accountoverdueerror', // Volcengine
    'account_overdue',
    '1113', // Zhipu
    '1008', // MiniMax
    '30001', // SiliconFlow
  ],
  RATE_LIMITED: ['rate_limit_error', 'rate_limit_exceeded', 'resource_exhausted'],
  OVERLOADED: ['overloaded_error', 'unavailable', 'service_unavailable'],
  MODEL_NOT_FOUND: ['model_not_found', 'not_found_error', 'invalid_model', 'deploymentnotfound'],
  CONTEXT_TOO_LONG: [
    'context_length_exceeded',
    'context_window_exceeded',
    'contextwindowexceedederror', // litellm
    'exceed_context_size_error', // llama.cpp
    'model_max_prompt_tokens_exceeded',
    'tokens_limit_reached',
    'string_above_max_length',
    'request_too_large',
    '1261', // Zhipu
  ],
  CONTENT_FILTERED: [
    'content_filter',
    'content_policy_violation',
    'datainspectionfailed', // Alibaba
    'data_inspection_failed',
    '1301', // Zhipu
  ],
  TIMEOUT: ['timeout_error', 'deadline_exceeded'],
};

const codesByName: ReadonlyMap<string, FailureCode> = new Map(
  Object.entries(namesByCode).flatMap(([code, names]) => names.map((name) => [name, code as FailureCode])),
);

/** Sentences about a limit that lifts by itself, whatever its name, such as Google's quota by the minute. */
const passing =
  /\bper (second|minute|hour|day)\b|\b(try again|retry|wait|available again)\b.{0,20}\d\s*(ms|s|m|h|sec|min|hour)/i;

/** Sentences that are about money and nothing else. */
const moneyGone = new RegExp(
  [
    String.raw`\b(credit|account|wallet|user|prepaid|available|remaining)[ _]balance\b`,
    String.raw`\b(insufficient|not enough|low|zero|negative|no|empty|exhausted) (account |wallet |user |available |remaining )*(balance|credits?|funds|money)\b`,
    String.raw`\bbalance\b.{0,40}\b(insufficient|too low|not enough|exhausted|depleted|negative|run out|used up|zero|overdue)\b`,
    String.raw`\b(re-?charge|top[- ]up|add (more )?(funds|credits?))\b`,
    String.raw`\b(out of|no more|not have (any|enough)) (credits?|funds|money)\b`,
    String.raw`\bcredits?\b.{0,40}\b(exhausted|depleted|used up|run out|expired)\b`,
    String.raw`\bused (up )?all (of )?(its |your |the )?(available |included |monthly )*credits\b`,
    String.raw`\bexceeded (your |its |the )?(monthly )?(included )?credits\b`,
    String.raw`\b(budget|spend(ing)?|usage|billing) (hard |monthly )*(limit|cap)s?\b`,
    String.raw`\bbudget\b.{0,20}\bexceeded\b|\bexceeded\b.{0,20}\bbudget\b`,
    String.raw`\b(past due|arrears|arrearage|overdue|unpaid|payment required)\b`,
    '余额|欠费|充值|额度(不足|已用|用尽|耗尽)|配额(不足|已用|用尽|耗尽)',
  ].join('|'),
  'i',
);

/** Sentences that are about money unless they name a limit by the minute. */
const quotaGone =
  /\bquota\b.{0,40}\b(exhausted|used up|depleted|not enough|insufficient|run out|failed)\b|\b(insufficient|not enough|exhausted|out of|no) (\w+ )?quota\b|exceeded your current quota/i;

/** Causes that providers tell only in words, under a name as wide as `invalid_request_error`. */
const codesBySentence: readonly (readonly [pattern: RegExp, code: FailureCode, onlyOurs: boolean])[] = [
  [
    /\b(incorrect|invalid|missing) api.?key|\bapi.?key (is |was )?(not valid|invalid|expired|not found)/i,
    'AUTHENTICATION',
    true,
  ],
  [
    new RegExp(
      [
        String.raw`\bcontext[ _-]?(length|window|size|limit)|\b(maximum|max|model'?s?|available) context\b`,
        String.raw`\b(prompt|input|request|message|conversation|text|content)s?\b.{0,30}\b(is|are|was) too (long|large|big)\b`,
        String.raw`\b(prompt|input) (is )?(too long|length)\b|\brange of input length\b|\bmaximum prompt length\b`,
        String.raw`\b(input|prompt) tokens?( count)?\b.{0,40}\b(exceed|limit|maximum|too)|\btoo many (input |prompt )?tokens\b`,
        String.raw`\bexceeded? (the )?model('s)? token limit\b|\btoken limit exceeded\b|\bmaximum (number of )?(input|prompt) tokens\b`,
        String.raw`\breduce the length of (the |your )?(messages|prompt|input|completion)`,
        String.raw`\btokens\b.{0,40}\bmax_new_tokens\b.{0,20}<=|\bprompt contains \d+ tokens\b|\brequest body too large for\b`,
        String.raw`\btokens to keep from the initial prompt\b|\brequest exceeds the maximum size\b`,
        '(上下文|输入|提示词?|prompt).{0,12}(过长|超长|超出|超过)',
      ].join('|'),
      'i',
    ),
    'CONTEXT_TOO_LONG',
    false,
  ],
  [
    /not a valid model|(invalid|unknown|unsupported) model|\bmodel\b.{0,80}(does not exist|not found)/i,
    'MODEL_NOT_FOUND',
    true,
  ],
  [
    /\bflagged\b|content (policy|filter)|content management policy|safety system|inappropriate content|敏感/i,
    'CONTENT_FILTERED',
    true,
  ],
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
