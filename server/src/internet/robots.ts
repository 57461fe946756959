/** Patterns with a `*` that are looked at: each is searched for in the whole path. */
const WILD_MAX = 500;
/** UTF-16 code units of a path that are looked at. */
const PATH_LENGTH_MAX = 4_000;

/** What a site's `robots.txt` says to one program (RFC 9309). */
export class RobotsRules {
  readonly #rules: readonly Rule[];

  constructor(rules: readonly Rule[]) {
    this.#rules = rules;
  }

  /** UTF-16 code units of all patterns. */
  get length(): number {
    return this.#rules.reduce((sum, { pattern }) => sum + pattern.length, 1);
  }

  /** @param path with the query, as in a URL */
  allows(path: string): boolean {
    const wanted = normalized(path.slice(0, PATH_LENGTH_MAX)).slice(0, PATH_LENGTH_MAX);
    let best: Rule = { allows: true, pattern: '' };
    for (const rule of this.#rules) {
      const isLonger = rule.pattern.length > best.pattern.length;
      const isMilder = rule.pattern.length === best.pattern.length && rule.allows;
      if ((isLonger || isMilder) && matches(rule.pattern, wanted)) best = rule;
    }
    return best.allows;
  }
}

export interface Rule {
  allows: boolean;
  /** Normalized; `*` is any text, and `$` at its end the end of the path. */
  pattern: string;
}

export const allowsAll: RobotsRules = new RobotsRules([]);
export const allowsNothing: RobotsRules = new RobotsRules([{ allows: false, pattern: '/' }]);

/** The rules for the program of this name, in lower case; where there are none, those for all. */
export function parseRobots(text: string, agent: string): RobotsRules {
  const own: Rule[] = [];
  const everybodys: Rule[] = [];
  let named: 'own' | 'all' | null = null;
  let isOwnThere = false;
  let isNaming = false;
  for (const line of text.split(/\r\n?|\n/)) {
    const [, field = '', value = ''] = /^\s*([A-Za-z-]+)\s*:\s*([^#]*)/.exec(line) ?? [];
    const told = value.trim();
    const name = field.toLowerCase();
    if (name === 'user-agent') {
      const whose = told === '*' ? 'all' : productOf(told) === agent ? 'own' : null;
      if (!isNaming) named = null;
      // A group may be of several programs; it is this one's if any of its names is.
      if (whose === 'own' || named === null) named = whose;
      isOwnThere ||= whose === 'own';
      isNaming = true;
    } else if (name === 'allow' || name === 'disallow') {
      isNaming = false;
      if (named === null || told === '') continue;
      (named === 'own' ? own : everybodys).push({ allows: name === 'allow', pattern: normalized(told) });
    }
  }
  return new RobotsRules(withFewWild(isOwnThere ? own : everybodys));
}

/** A site may fill its file with patterns that take seconds to be compared with a long path. */
function withFewWild(rules: readonly Rule[]): Rule[] {
  let count = 0;
  return rules.filter(({ pattern }) => {
    if (pattern.includes('*')) count += 1;
    return !pattern.includes('*') || count <= WILD_MAX;
  });
}

function productOf(told: string): string {
  return /^[A-Za-z_-]*/.exec(told)?.[0].toLowerCase() ?? '';
}

/** Writes the same path in the same way, however it is percent-encoded. */
function normalized(path: string): string {
  return path
    .toWellFormed()
    .replace(/[^\x21-\x7e]+/g, (text) => encodeURIComponent(text))
    .replace(/%[0-9a-fA-F]{2}/g, (code) => {
      const character = String.fromCharCode(Number.parseInt(code.slice(1), 16));
      return /[\w.~-]/.test(character) ? character : code.toUpperCase();
    });
}

/** In time that grows with the pattern and the path, never with their product. */
function matches(pattern: string, path: string): boolean {
  const isWhole = pattern.endsWith('$');
  const [first = '', ...others] = (isWhole ? pattern.slice(0, -1) : pattern).split('*');
  if (!path.startsWith(first)) return false;
  let at = first.length;
  for (const [index, piece] of others.entries()) {
    const isLast = index === others.length - 1;
    if (isWhole && isLast) return path.length - piece.length >= at && path.endsWith(piece);
    const found = path.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return !isWhole || at === path.length;
}
