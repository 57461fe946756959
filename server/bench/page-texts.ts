/** Of 6 KB, with all that models write: headings, lists, emphasis, code, a table, links. */
export const ordinaryAnswer = repeated(
  `## What to look at first

The **tide** is the slow breath of the sea, and whoever builds at its edge learns to *count*. Of what follows, three
things matter more than the rest:

1. **Height.** The mean range is 3.4 m; at springs it is \`5.1 m\`, see [the tables](https://example.org/tables).
2. **Time.** Each high water comes about 50 minutes later than the one of the day before.
3. **Wind.** It adds up to half a metre, and nobody can say so a week ahead.

| Place | Range | Springs | Note |
|---|---:|---:|---|
| Brest | 3.4 | 5.9 | open |
| Dover | 4.6 | 6.0 | narrow |
| Cuxhaven | 2.9 | 3.3 | a river's mouth |

> Who looks only at the mean builds too low.

\`\`\`ts
export function heightAt(hours: number, range: number): number {
  return (range / 2) * Math.cos((2 * Math.PI * hours) / 12.42);
}
\`\`\`

- Measure for a month, then take the highest.
- Add what the wind adds.
- Add a hand's breadth for what you have forgotten.

`,
  6 * 1024,
);

/** What no model writes unless it is made to: each takes a renderer of Markdown seconds, or all of its stack. */
export const unkindAnswers = [
  `${'> '.repeat(4000)}deep`,
  '*a_ '.repeat(8000),
  `| a | b |\n|---|---|\n${'| 1 | 2 |\n'.repeat(5000)}`,
  'a'.repeat(200_000),
];

function repeated(text: string, length: number): string {
  return text.repeat(Math.ceil(length / text.length)).slice(0, length);
}
