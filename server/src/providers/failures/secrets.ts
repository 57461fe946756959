import { builtInProviders } from '../providers.ts';

/** A secret is this long at least, in UTF-16 code units: what is shorter is a placeholder, and part of many words. */
const secretLengthMin = 8;
/** So long is nobody's word: it is found in the midst of one as well. */
const unmistakableLengthMin = 16;

const beginnings = [
  ...builtInProviders.map(({ keyBeginning }) => keyBeginning),
  // Groq, Cerebras, NVIDIA, this server's own; OpenRouter's, DeepSeek's and Moonshot's keys begin like OpenAI's.
  String.raw`(?<![\w-])(?:gsk[-_]|csk-|nvapi-|plk_)`,
];

/**
 * The shapes of keys, each by its beginning, which `$1` keeps: one list, for the errors that members see and for the logs. The rest
 * may be masked by asterisks.
 */
export const keyShapes = new RegExp(
  [
    String.raw`(${beginnings.join('|')})(?=[\w*.-]{6})[\w*-]+(?:\.[\w*-]+)*`,
    // Hugging Face, Replicate, Fireworks, Together, GitHub: their beginnings are words too, so that more has to follow.
    String.raw`\b(hf_|r8_|fw_|tgp_v1_|gh[opsu]_|github_pat_)(?=[A-Za-z0-9_*-]*\d)[A-Za-z0-9_*-]{16,}`,
    // Amazon; a JSON web token.
    String.raw`\b(AKIA|ASIA)[A-Z0-9]{12,}|\b(eyJ)[\w-]{10,}\.[\w-]{4,}(?:\.[\w-]*)?`,
    // A bearer's token has a digit in it, which "bearer authentication" has not.
    String.raw`\b([Bb](?:earer|EARER)\s+)(?=[\w.~+/=*-]*\d|[\w.~+/=*-]{24})[\w.~+/=*-]{8,}`,
  ].join('|'),
  'g',
);

/** Every key in a text, by its shape, in other words. The words may be made of the key's beginning, such as `sk-`. */
export function hideKeys(text: string, words: (beginning: string) => string): string {
  return text.replace(keyShapes, (_key, ...groups) =>
    words(groups.find((group): group is string => typeof group === 'string' && group !== '') ?? ''),
  );
}

/** What a provider is asked with and nobody may see: its key, and what its headers hold. Null: nothing. */
export type Secrets = string | readonly string[] | null;

/** The longest first, as one may be part of another. */
export function listed(secrets: Secrets): readonly string[] {
  if (secrets === null || typeof secrets === 'string') return secrets ? [secrets] : [];
  return secrets.toSorted((a, b) => b.length - a.length);
}

/** Each secret, whatever its shape, wherever it stands as a word of its own; a long one also within another. */
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
