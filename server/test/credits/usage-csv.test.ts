import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCsv, type UsageReport } from '../../src/domain/money/usage.ts';

describe('a report as CSV', () => {
  it('contains no formula for a spreadsheet, and every name unchanged or behind an apostrophe', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('=1+1', '+1', '-1', '@SUM(A1)', '\t=1', 'a,b', 'a"b', 'a\r\nb'),
    );
    fc.assert(
      fc.property(name, (given) => {
        const row = {
          key: given,
          responses: 1,
          failures: 0,
          inputTokens: 2,
          outputTokens: 3,
          credits: 4,
          costUsd: '0.5',
          groupBy: 'USER' as const,
          isOfHouse: false,
          medianFirstTokenMs: async () => null,
        };
        const report: UsageReport = { groupBy: 'USER', total: row, rows: [row] };
        const csv = toCsv(report, (key) => key ?? '');
        const cell = firstCell(csv.slice(csv.indexOf('\r\n') + 2));
        expect(cell).not.toMatch(/^[=+\-@\t\r]/);
        expect([given, `'${given}`]).toContain(cell);
      }),
    );
  });
});

/** Parses the first cell by RFC 4180. */
function firstCell(line: string): string {
  if (!line.startsWith('"')) return line.slice(0, line.indexOf(','));
  const quoted = /^"((?:[^"]|"")*)"/.exec(line)?.[1] ?? '';
  return quoted.replaceAll('""', '"');
}
