/** Commands whose arguments are words on purpose. */
const wording =
  /\\(?:text\w*|math(?:rm|bf|it|sf|tt|bb|cal|frak|scr|normal)|operatorname|mbox|ce|pu|label|tag|ref|eqref|require|begin|end|(?:text|f)?color|hspace|vspace)\*?\s*(?:\[[^\]]*\])?\{(?:[^{}]|\{[^{}]*\})*(?:\}|$)/g;

/** Functions that a formula names by a word. */
const functions = new Set(
  (
    'sin cos tan cot sec csc sinh cosh tanh arcsin arccos arctan log ln lg exp max min argmax argmin sup inf lim mod gcd ' +
    'lcm det dim ker rank tr deg arg sgn sign erf var cov pr span div curl grad dx dy dz dt du dv dr ds'
  ).split(' '),
);

interface Reading {
  /** Whether it has a command, an index, a power or a relation, which prose does not. */
  isStrong: boolean;
  /** The words outside of such commands that are no function's name. */
  words: string[];
  /** Whether two words are next to each other. */
  hasSentence: boolean;
  /** Whether a word is beside a blank. */
  hasLooseWord: boolean;
}

function read(source: string): Reading {
  const bare = source.replace(wording, ' \\w ').replace(/\\(?:[a-zA-Z]+\*?|[\s\S])/g, ' \\ ');
  const words: string[] = [];
  let [hasSentence, hasLooseWord] = [false, false];
  let endOfLast = -1;
  for (const { 0: word, index } of bare.matchAll(/\p{L}{2,}(?:['’]\p{L}+)?/gu)) {
    if (functions.has(word.toLowerCase()) && word !== word.toUpperCase()) continue;
    const end = index + word.length;
    words.push(word);
    if (endOfLast >= 0 && /^[,;:.!?]?\s+(?:[aI]\s+)?$/.test(bare.slice(endOfLast, index))) hasSentence = true;
    if (/\s/.test(bare[index - 1] ?? '') || /\s/.test(bare[end] ?? '')) hasLooseWord = true;
    endOfLast = end;
  }
  return { isStrong: /\\|[\^=<>{}]|(?<![\p{L}]{2})_|_(?![\p{L}]{2})/u.test(bare), words, hasSentence, hasLooseWord };
}

/**
 * How many brackets are open at the end; negative if one is closed that was not open. A bracket may be closed by one of
 * another kind, as in a half-open range.
 */
export function opennessOf(source: string): number {
  let open = 0;
  for (let at = 0; at < source.length; at += 1) {
    const sign = source[at] as string;
    if (sign === '\\') at += 1;
    else if ('([{'.includes(sign)) open += 1;
    else if (')]}'.includes(sign)) open -= 1;
    if (open < 0) return open;
  }
  return open;
}

/** Matches user_id, FOO_BAR, snake_case. */
const identifier = /(?:^|[^\p{L}\\{}])(?:\p{Lu}{2,}\d*|\p{Ll}{2,}\d*)(?:_[\p{L}\d]{2,})+(?![\p{L}{])/u;

/** Matches pieces of regular expressions. */
const pattern =
  /\[\^?(?:a-z|A-Z|0-9|:)|\.[*+]|\\[dwsb][*+?]|\\[dwsb]$|\b(?:foo|bar|baz)\b|\p{L}{2,}\\\|\p{L}{2,}|^[.?*+|^$]+$/u;

/** Whether the text after `\(` or `\[` is no formula, however it continues. */
export function isNoFormulaYet(source: string): boolean {
  if (opennessOf(source) < 0) return true;
  // The last word may become part of a command or a function's name.
  return read(source.replace(/\\?[\p{L}'’]*$/u, '')).hasSentence;
}

/** Whether the text between `\(` and `\)` is a formula: it is none if it reads like prose, a path or a pattern. */
export function isInParentheses(source: string): boolean {
  const inner = source.trim();
  if (!inner || opennessOf(inner) !== 0 || pattern.test(inner) || identifier.test(inner)) return false;
  const { isStrong, words, hasSentence } = read(inner);
  if (hasSentence) return false;
  if (isStrong) return true;
  return (
    /[\p{L}\d]/u.test(inner) &&
    !words.some(
      (word) => /^\p{Ll}{4,}$|^\p{Lu}?\p{Ll}{3,}$|^\p{Lu}{5,}$/u.test(word) || (inner !== source && word === inner),
    )
  );
}

/**
 * Whether the text between `\[` and `\]` is a formula. Escaped brackets look the same.
 *
 * @param alone whether nothing else stands in its lines
 */
export function isInBrackets(source: string, alone: boolean): boolean {
  const inner = source.trim();
  if (!/[\p{L}\d]/u.test(inner) || opennessOf(inner) !== 0) return false;
  const { isStrong, words, hasSentence } = read(inner);
  if (hasSentence || identifier.test(inner)) return false;
  if (alone) return isStrong || (/\D/.test(inner) && !words.some((word) => word.length > 3));
  if (/^\^|^\p{L}{3,}\s*[=<>]\s*\p{L}{3,}$|[a-z]-[a-z]|^[\d\s:.,TZ+-]+$/u.test(inner)) return false;
  return isStrong || (words.length === 0 && /\s[+*/×·-]\s/.test(inner));
}

/** Whether the text between escaped brackets is a reference's number or the tick of a box: no formula, but Markdown. */
export function isEscape(source: string): boolean {
  return /^[\dxX\s]*$/.test(source);
}

/** Whether the text after `$$` is no formula, however it continues: some prices have two dollars. */
export function isPriceYet(source: string): boolean {
  if (/^\s*[)\].,;:!?|]/.test(source) || /\*\*|`|(?<!\\)\$/.test(source)) return true;
  return isNoFormulaYet(source);
}

/** Whether the text between `$$` and `$$` is a formula. */
export function isInDoubleDollars(source: string): boolean {
  const inner = source.trim();
  if (!/[\p{L}\d]/u.test(inner) || opennessOf(inner) !== 0 || isPriceYet(`${source} `)) return false;
  const { isStrong, words, hasSentence, hasLooseWord } = read(inner);
  if (hasSentence) return false;
  if (isStrong) return !/^=\s*\p{L}/u.test(inner) || words.length === 0;
  if (hasLooseWord || /[-–—/+]$|^[-–—/]\s/.test(inner)) return false;
  return words.length === 0 || inner === source;
}

/**
 * Whether the text between `$` and `$`, which touch it, is a formula. Dollars also belong to prices, names and variables.
 *
 * @param after the text behind the second dollar
 */
export function isInDollars(source: string, after: string): boolean {
  if (/^[\s)\],;:?!/]|^\.(?!\d)|[\s–—→([{;:&<>=*/+-]$|[`"“”]|\*\*|:\/\//.test(source)) return false;
  if (opennessOf(source) !== 0 || identifier.test(source) || !/[\p{L}\d]|\\/u.test(source)) return false;
  if (!mayFollow(source, after)) return false;
  const { isStrong, hasSentence, hasLooseWord } = read(source);
  if (hasSentence || (hasLooseWord && !isStrong)) return false;
  return !amount.test(source) || /[\\^=]/.test(source);
}

/** Matches `5 to`, `2bn more`, `3M, and`. */
const amount = /^[\d.,_]+(?:\p{L}{2,}|\p{L}{0,3}[,;])?\s/u;
/** Matches the letters before the second dollar if that is a currency's sign, as in `R$ 5`. */
const currency = /(?:^|[\s(,;])(?:R|U|US|A|AU|C|CA|NT|HK|S|SG|NZ|MX|Z|J)$/;

/** Whether `after` can follow a formula: it can in `$n$th`, but not in `$AAPL/$TSLA`, `$100-$200`, `$a$b` or `$(a)$(b)`. */
function mayFollow(source: string, after: string): boolean {
  if (currency.test(source) && /^\s?\d/.test(after)) return false;
  if (/^[\d({[]/.test(after)) return !/^[\d({]/.test(after) && !/[.,]$/.test(source);
  if (/^_\w/.test(after)) return false;
  if (!/^[a-zA-ZÀ-ɏ]/.test(after)) return true;
  if (/[.,]$/.test(source) || /^\p{L}{2,}$|^[\d.,]+$/u.test(source)) return false;
  return /^(?:[a-zà-ÿ]{2,}|[sed])(?![\w$(])/.test(after);
}
