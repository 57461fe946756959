import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** Prints rows below each other, each column as wide as its longest cell; `numeric` columns are aligned to the right. */
export function printTable(rows: readonly string[][], numeric: ReadonlySet<number> = new Set()): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  for (const row of rows) {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return numeric.has(column) ? cell.padStart(width) : cell.padEnd(width);
    });
    console.log(cells.join('  ').trimEnd());
  }
}

/** A text that somebody else chose (a name, a provider's sentence) without the characters that steer a terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '');
}

/** What a backup has: "2 accounts, 10 conversations and 340 rows in all". */
export function counted(rows: ReadonlyMap<string, number>): string {
  const all = [...rows.values()].reduce((sum, count) => sum + count, 0);
  const count = (table: string, noun: string) => {
    const found = rows.get(table) ?? 0;
    return `${found.toLocaleString('en')} ${noun}${found === 1 ? '' : 's'}`;
  };
  return `${count('user', 'account')}, ${count('conversation', 'conversation')} and ${all.toLocaleString('en')} rows in all`;
}

/** Reads a line from the terminal without showing it, or the first one of what is piped in. */
export async function readSecretLine(question: string): Promise<string> {
  const isTerminal = process.stdin.isTTY ?? false;
  if (isTerminal) process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: isTerminal });
  try {
    for await (const line of lines) return line.trim();
    return '';
  } finally {
    lines.close();
    if (isTerminal) process.stderr.write('\n');
  }
}
