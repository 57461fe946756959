import type { Archive } from './archive.ts';
import { readXml } from './xml.ts';

/** How the cells of a workbook show numbers, as far as it changes what they mean: a date is a number of days. */
export interface CellFormats {
  /** A number as it is, or as `2026-11-29`, `2026-11-29 21:30:00` or `21:30:00` where the format says that it is a time. */
  shown(value: string, format: number): string;
}

/** Numbers of formats that every workbook has and that show dates or times. */
const builtIn = /^(1[4-9]|2[0-2]|2[7-9]|3[0-6]|4[5-7]|5[0-8])$/;

export async function formatsOf(archive: Archive, parts: readonly string[], since1904: boolean): Promise<CellFormats> {
  const codes = new Map<string, string>();
  const formats: string[] = [];
  let isCells = false;
  for (const part of parts) {
    await readXml(archive.read(part), {
      start(name, attribute) {
        if (name === 'numFmt') codes.set(attribute('numFmtId') ?? '', attribute('formatCode') ?? '');
        else if (name === 'cellXfs') isCells = true;
        else if (name === 'xf' && isCells) formats.push(attribute('numFmtId') ?? '');
      },
      end(name) {
        if (name === 'cellXfs') isCells = false;
      },
    });
  }
  const areTimes = formats.map((id) => (codes.has(id) ? isTime(codes.get(id) ?? '') : builtIn.test(id)));
  return {
    shown: (value, format) => (areTimes[format] ? (asTime(Number(value), since1904) ?? value) : value),
  };
}

/** Whether a format such as `dd/mm/yyyy` shows a part of a date; quoted text, colours and conditions do not count. */
function isTime(code: string): boolean {
  return /[ymdhs]/i.test(code.replace(/"[^"]*"|\[(?!h+\]|m+\]|s+\])[^\]]*\]|\\.|_.|\*.|General/gi, ''));
}

const DAY_MS = 86_400_000;

/** Days from the 30th of December 1899 on, by which Excel's 1st of March 1900 and all later days are right. */
function asTime(days: number, since1904: boolean): string | null {
  if (!Number.isFinite(days) || days < 0 || days > 2_958_465) return null;
  const start = since1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, 30);
  const at = new Date(start + Math.round(days * 86_400) * 1_000).toISOString();
  const [date, time] = [at.slice(0, 10), at.slice(11, 19)];
  if (days < 1) return time;
  return (Math.round(days * 86_400) * 1_000) % DAY_MS === 0 ? date : `${date} ${time}`;
}
