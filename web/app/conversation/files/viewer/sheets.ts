import Papa from 'papaparse';

export interface Sheet {
  /** Empty: it has none. */
  name: string;
  rows: string[][];
}

/** A line that begins a sheet of a workbook, as the server writes it into the text that models read. */
const sheetMark = /^\[Sheet: (.*)\]$/;

/**
 * The tables in a text: each sheet of a workbook below its mark, or a whole CSV file. Which sign separates the cells is
 * seen from the text.
 */
export function readSheets(text: string): Sheet[] {
  const sheets: { name: string; lines: string[] }[] = [];
  for (const line of text.split('\n')) {
    const name = sheetMark.exec(line)?.[1];
    if (name !== undefined) sheets.push({ name, lines: [] });
    else if (sheets.length > 0) sheets.at(-1)?.lines.push(line);
    else sheets.push({ name: '', lines: [line] });
  }
  return sheets
    .map(({ name, lines }) => ({ name, rows: rowsOf(lines.join('\n')) }))
    .filter(({ name, rows }) => name !== '' || rows.length > 0);
}

function rowsOf(text: string): string[][] {
  return Papa.parse<string[]>(text.trim(), { skipEmptyLines: true }).data;
}
