/** UTF-16 code units of a name that are compared; what comes after them makes no difference. */
const COMPARED_LENGTH = 64;

/**
 * The known names that somebody may have meant: those with few other letters, nearest first, then those with the same
 * words. Case makes no difference. Takes a time that grows with the number of known names, not with their lengths.
 */
export function nearNames(name: string, known: Iterable<string>, countMax = 3): string[] {
  const wanted = compared(name);
  const wantedWords = wordsOf(wanted);
  const editsMax = Math.max(2, Math.floor(wanted.length / 4));
  const near: { name: string; edits: number; strangeWords: number }[] = [];
  for (const candidate of new Set(known)) {
    const other = compared(candidate);
    const edits = editDistance(wanted, other, editsMax);
    const words = wordsOf(other);
    const shared = [...wantedWords].filter((word) => words.has(word)).length;
    const isAlike = shared > 0 && shared * 2 >= wantedWords.size;
    if (edits > editsMax && !isAlike) continue;
    near.push({ name: candidate, edits, strangeWords: wantedWords.size + words.size - 2 * shared });
  }
  near.sort((a, b) => a.edits - b.edits || a.strangeWords - b.strangeWords);
  return near.slice(0, countMax).map((one) => one.name);
}

function compared(name: string): string {
  return name.slice(0, COMPARED_LENGTH).toLowerCase();
}

/** Only words with a letter: many names have the same numbers. */
function wordsOf(name: string): Set<string> {
  return new Set(name.split(/[^\p{Letter}\p{Number}]+/u).filter((word) => /\p{Letter}/u.test(word)));
}

/** How many letters differ (put in, left out, or another one); `max` + 1 if there are more than `max`. */
export function editDistance(one: string, other: string, max: number): number {
  const tooFar = max + 1;
  if (Math.abs(one.length - other.length) > max) return tooFar;
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const change = (row[j - 1] ?? tooFar) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? tooFar) + 1, (next[j - 1] ?? tooFar) + 1));
    }
    if (Math.min(...next) > max) return tooFar;
    row = next;
  }
  return Math.min(row[other.length] ?? tooFar, tooFar);
}
