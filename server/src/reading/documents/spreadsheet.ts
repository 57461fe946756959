import type { Archive } from './archive.ts';
import { type CellFormats, formatsOf } from './cell-formats.ts';
import type { ReadDocument } from './read-document.ts';
import { partsOfType, relationsOf } from './relations.ts';
import { WrittenText } from './written-text.ts';
import { readXml } from './xml.ts';

/** Columns that a sheet may have, in Excel too. */
const COLUMNS_MAX = 16_384;

/** The cells of an XLSX as CSV, sheet by sheet, each after its mark. Of a formula it has the result that was saved. */
export async function readSpreadsheet(archive: Archive, part: string): Promise<ReadDocument> {
  const relations = await relationsOf(archive, part);
  const strings = await stringsOf(archive, partsOfType(archive, relations, 'sharedStrings'));
  const { sheets, since1904 } = await sheetsOf(archive, part);
  const formats = await formatsOf(archive, partsOfType(archive, relations, 'styles'), since1904);
  const text = new WrittenText();
  let isEmpty = true;
  for (const { name, id } of sheets) {
    const sheet = relations.get(id);
    // A chart may be a sheet of its own: it has no cells.
    if (sheet?.type !== 'worksheet' || !archive.has(sheet.part)) continue;
    text.write(`\n[Sheet: ${name.replace(/\s+/g, ' ')}]\n`);
    if (await writeRows(archive, sheet.part, { strings, formats }, text)) isEmpty = false;
  }
  return { text: isEmpty ? '' : text.take() };
}

async function sheetsOf(archive: Archive, part: string) {
  const sheets: { name: string; id: string }[] = [];
  let since1904 = false;
  await readXml(archive.read(part), {
    start(element, attribute) {
      if (element === 'workbookPr') since1904 = /^(1|true)$/.test(attribute('date1904') ?? '');
      if (element === 'sheet') sheets.push({ name: attribute('name') ?? '', id: attribute('r:id') ?? '' });
    },
  });
  return { sheets, since1904 };
}

/** The texts that cells refer to by number. How they are to be pronounced is not part of them. */
async function stringsOf(archive: Archive, parts: readonly string[]): Promise<string[]> {
  const strings: string[] = [];
  const text = new WrittenText();
  let current = '';
  let isText = false;
  let phonetic = 0;
  for (const part of parts) {
    await readXml(archive.read(part), {
      start(name) {
        if (name === 'si') current = '';
        else if (name === 'rPh') phonetic += 1;
        else if (name === 't') isText = phonetic === 0;
      },
      end(name) {
        if (name === 'si') strings.push(current);
        else if (name === 'rPh') phonetic -= 1;
        else if (name === 't') isText = false;
      },
      text(piece) {
        if (!isText) return;
        // Counted as if it were all written.
        text.write(piece);
        current += piece;
      },
    });
  }
  return strings;
}

/** Writes the rows of a sheet as lines of CSV. */
async function writeRows(
  archive: Archive,
  part: string,
  { strings, formats }: { strings: readonly string[]; formats: CellFormats },
  text: WrittenText,
): Promise<boolean> {
  let hasRows = false;
  let row: string[] = [];
  let cell = { column: 0, type: '', format: 0, value: '' };
  let isValue = false;
  await readXml(archive.read(part), {
    start(name, attribute) {
      if (name === 'row') row = [];
      else if (name === 'c') {
        const column = columnOf(attribute('r')) ?? row.length;
        cell = { column, type: attribute('t') ?? 'n', format: Number(attribute('s')) || 0, value: '' };
      } else if (name === 'v' || name === 't') isValue = true;
    },
    end(name) {
      if (name === 'v' || name === 't') isValue = false;
      else if (name === 'c' && cell.value !== '' && cell.column < COLUMNS_MAX) {
        while (row.length < cell.column) row.push('');
        row[cell.column] = shown(cell, strings, formats);
      } else if (name === 'row' && row.length > 0) {
        hasRows = true;
        // Cell by cell: all may refer to one long text.
        for (const [column, value] of row.entries()) text.write(`${column > 0 ? ',' : ''}${quoted(value)}`);
        text.write('\n');
      }
    },
    text(piece) {
      if (isValue) cell.value += piece;
    },
  });
  return hasRows;
}

function shown(
  { type, format, value }: { type: string; format: number; value: string },
  strings: readonly string[],
  formats: CellFormats,
): string {
  if (type === 's') return strings[Number(value)] ?? '';
  if (type === 'b') return value === '1' ? 'TRUE' : 'FALSE';
  return type === 'n' ? formats.shown(value, format) : value;
}

/** The number of a column, from 0, by a cell's name such as `AB12`. */
function columnOf(name: string | undefined): number | null {
  const [letters] = /^[A-Z]{1,3}(?=\d)/.exec(name ?? '') ?? [];
  if (letters === undefined) return null;
  return [...letters].reduce((column, letter) => column * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

function quoted(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
