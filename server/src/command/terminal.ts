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
