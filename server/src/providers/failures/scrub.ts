import { hideKeys, hideSecrets, listed, type Secrets } from './secrets.ts';

/** Where the provider's own sentence is cut, in UTF-16 units. */
const shownLengthMax = 300;
/** UTF-16 units of the sentence that are looked at: more than are shown, since addresses and keys are long and shrink. */
const readLengthMax = 4096;

/**
 * What a provider says, as one line for members: no URL, no key (whole or masked), bounded. Empty where nothing is
 * left to show. Its time is bounded as well, however long the sentence is.
 *
 * @param secrets what the request was sent with, cut out wherever it is repeated
 */
export function scrub(sentence: string, secrets: Secrets): string {
  const beginning = beginningOf(sentence, secrets);
  const linked = beginning.replace(/[a-z][a-z0-9+.-]{0,30}:\/\/[^\s"'<>]*[^\s"'<>.,;:!?)\]}]/gi, '[link]');
  const line = hideKeys(hideSecrets(linked, secrets, '[key]'), () => '[key]')
    .replace(/[\w*-]+/g, (word) => (isMaskedKey(word) ? '[key]' : word))
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  if (line === '' || (line.length <= shownLengthMax && beginning.length === sentence.length)) return line;
  return `${withoutHalfCharacter(line.slice(0, shownLengthMax - 1))}…`;
}

/** The part that is looked at, without the word that its end divides: half a key could not be recognized. */
function beginningOf(sentence: string, secrets: Secrets): string {
  if (sentence.length <= readLengthMax) return sentence;
  let end = readLengthMax;
  while (end > 0 && isKeyCharacter(sentence.charCodeAt(end - 1))) end -= 1;
  // A secret may hold spaces, so that it is longer than a word.
  for (const secret of listed(secrets)) {
    const secretStart = sentence.lastIndexOf(secret, end - 1);
    if (secretStart >= 0 && secretStart + secret.length > end) end = secretStart;
  }
  return withoutHalfCharacter(sentence.slice(0, end));
}

/** Printable ASCII: a sentence in a script without spaces must not count as one long key. */
function isKeyCharacter(code: number): boolean {
  return code > 0x20 && code < 0x7f;
}

/** `sk-abcd*****wxyz`; a word between asterisks is none. */
function isMaskedKey(word: string): boolean {
  return word.includes('***');
}

/** Drops the first half of a surrogate pair, which a cut may have left at the end. */
function withoutHalfCharacter(text: string): string {
  return text.replace(/[\uD800-\uDBFF]$/, '');
}
