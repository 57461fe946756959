import { builtInProviders } from '../providers.ts';

/** The least length of a secret, in UTF-16 units: anything shorter is a placeholder, and part of many words. */
const secretLengthMin = 8;
/** From this length on a secret is hidden within a longer word too: no word holds it by chance. */
const unmistakableLengthMin = 16;

const beginnings = [
  ...builtInProviders.map(({ keyBeginning }) => keyBeginning),
  // Groq, Cerebras, NVIDIA, Tavily, this server's own; OpenRouter's, DeepSeek's and Moonshot's keys begin like OpenAI's.
  String.raw`(?<![\w-])(?:gsk[-_]|csk-|nvapi-|tvly-|plk_)`,
];

/**
 * The shapes of keys, each with its beginning as a group: one list, for the errors that members see and for the logs. The rest of a
 * key may be masked by asterisks already.
 */
export const keyShapes = new RegExp(
  [
    String.raw`(${beginnings.join('|')})(?=[\w*.-]{6})[\w*-]+(?:\.[\w*-]+)*`,
    // Hugging Face, Replicate, Fireworks, Together, GitHub, Brave's search: their beginnings occur in words too, so a digit must follow.
    String.raw`\b(hf_|r8_|fw_|tgp_v1_|gh[opsu]_|github_pat_|BSA)(?=[A-Za-z0-9_*-]*\d)[A-Za-z0-9_*-]{16,}`,
    // Amazon, and JSON web tokens.
    String.raw`\b(AKIA|ASIA)[A-Z0-9]{12,}|\b(eyJ)[\w-]{10,}\.[\w-]{4,}(?:\.[\w-]*)?`,
    // A bearer's token has a digit in it, unlike "bearer authentication".
    String.raw`\b([Bb](?:earer|EARER)\s+)(?=[\w.~+/=*-]*\d|[\w.~+/=*-]{24})[\w.~+/=*-]{8,}`,
  ].join('|'),
  'g',
);

/** Replaces every key in a text, recognized by its shape, by `words`, which is given the key's beginning, such as `sk-`. */
export function hideKeys(text: string, words: (beginning: string) => string): string {
  return text.replace(keyShapes, (_key, ...groups) =>
    words(groups.find((group): group is string => typeof group === 'string' && group !== '') ?? ''),
  );
}

/** The secrets that a provider is asked with: its key, and those in its headers. Null: none. */
export type Secrets = string | readonly string[] | null;

/** Sorted, the longest first, since one secret may be part of another. */
export function listed(secrets: Secrets): readonly string[] {
  if (secrets === null || typeof secrets === 'string') return secrets ? [secrets] : [];
  return secrets.toSorted((a, b) => b.length - a.length);
}

/** Replaces each secret, whatever its shape, where it stands as a word of its own; a long one also within a longer word. */
export function hideSecrets(text: string, secrets: Secrets, words: string): string {
  return listed(secrets).reduce((hidden, secret) => hideSecret(hidden, secret, words), text);
}

function hideSecret(text: string, secret: string, words: string): string {
  if (secret.length < secretLengthMin) return text;
  if (secret.length >= unmistakableLengthMin) return text.replaceAll(secret, words);
  return text.replace(new RegExp(`(?<![\\p{L}\\p{N}_])${escaped(secret)}(?![\\p{L}\\p{N}_])`, 'gu'), words);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
