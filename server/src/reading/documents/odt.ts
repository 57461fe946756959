import type { Archive } from './archive.ts';
import type { ReadDocument } from './read-document.ts';
import { WrittenText } from './written-text.ts';
import { readXml } from './xml.ts';

/** Elements whose text is none of the document's: what was deleted, what was remarked, and how things are counted. */
const silent = new Set(['tracked-changes', 'annotation', 'sequence-decls', 'note-citation']);

/** The text of an ODT: its headings with number signs, its tables with bars, its notes in brackets. */
export async function readOdt(archive: Archive, part: string): Promise<ReadDocument> {
  const text = new WrittenText();
  let isBody = false;
  let silence = 0;
  let tables = 0;
  let paragraphs = 0;
  await readXml(archive.read(part), {
    start(name, attribute) {
      if (name === 'body') isBody = true;
      if (silent.has(name)) silence += 1;
      if (!isBody || silence > 0) return;
      if (name === 'h') text.write(`${'#'.repeat(Math.min(6, Math.max(1, Number(attribute('outline-level')) || 1)))} `);
      if (name === 'p' || name === 'h') paragraphs += 1;
      else if (name === 'list-item') text.write('- ');
      else if (name === 'tab') text.write('\t');
      else if (name === 'line-break') text.write(tables > 0 ? ' ' : '\n');
      else if (name === 's') text.write(' '.repeat(Math.min(100, Number(attribute('c')) || 1)));
      else if (name === 'note') text.write(' [');
      else if (name === 'table') tables += 1;
      else if (name === 'table-cell') text.write('| ');
    },
    end(name) {
      if (isBody && silence === 0) {
        if (name === 'p' || name === 'h') {
          paragraphs -= 1;
          // A note stands within its paragraph.
          text.write(tables > 0 || paragraphs > 0 ? ' ' : '\n');
        } else if (name === 'note') text.write('] ');
        else if (name === 'table-row') text.write('|\n');
        else if (name === 'table') tables -= 1;
      }
      if (silent.has(name)) silence -= 1;
      if (name === 'body') isBody = false;
    },
    text(piece) {
      if (isBody && silence === 0 && paragraphs > 0) text.write(piece.replace(/\s+/g, ' '));
    },
  });
  return { text: text.take() };
}
