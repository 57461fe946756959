import type { Archive } from './archive.ts';
import type { ReadDocument } from './read-document.ts';
import { partsOfType, relationsOf } from './relations.ts';
import { WrittenText } from './written-text.ts';
import { readXml } from './xml.ts';

/** The text of a DOCX: its headings with number signs, its tables with bars, its notes and comments at the end. */
export async function readWordDocument(archive: Archive, part: string): Promise<ReadDocument> {
  const relations = await relationsOf(archive, part);
  const text = new WrittenText();
  await readStory(archive, part, text);
  for (const [type, title] of endings) {
    for (const ending of partsOfType(archive, relations, type)) {
      const notes = new WrittenText();
      await readStory(archive, ending, notes);
      const found = notes.take();
      if (found !== '') text.write(`\n\n${title}\n${found}\n`);
    }
  }
  return { text: text.take() };
}

const endings = [
  ['footnotes', 'Footnotes:'],
  ['endnotes', 'Endnotes:'],
  ['comments', 'Comments:'],
] as const;

/** Paragraphs and tables; what was deleted while changes were tracked is no text. */
async function readStory(archive: Archive, part: string, text: WrittenText): Promise<void> {
  /** Elements in whose text somebody wrote: `t`. Others hold fields' codes or what a drawing is called. */
  let isText = false;
  let isRun = false;
  /** Fallbacks repeat what an element that old programs do not know has said. */
  let fallbacks = 0;
  let tables = 0;
  await readXml(archive.read(part), {
    start(name, attribute) {
      if (name === 'Fallback') fallbacks += 1;
      if (fallbacks > 0) return;
      if (name === 't') isText = true;
      else if (name === 'r') isRun = true;
      // A paragraph's properties name the places of tabs: these are none.
      else if (name === 'tab' && isRun) text.write('\t');
      else if (name === 'br' || name === 'cr') text.write(tables > 0 || attribute('type') === 'page' ? ' ' : '\n');
      else if (name === 'pStyle') text.write(headingMark(attribute('val')));
      else if (name === 'numPr') text.write('- ');
      else if (name === 'tbl') tables += 1;
      else if (name === 'tc') text.write('| ');
    },
    end(name) {
      if (name === 'Fallback') fallbacks -= 1;
      if (fallbacks > 0) return;
      if (name === 't') isText = false;
      else if (name === 'r') isRun = false;
      else if (name === 'p') text.write(tables > 0 ? ' ' : '\n');
      else if (name === 'tr') text.write('|\n');
      else if (name === 'tbl') tables -= 1;
    },
    text(piece) {
      if (isText && fallbacks === 0) text.write(piece);
    },
  });
}

/** `# ` for a paragraph that is called Title or Heading 1, and so on. */
function headingMark(style: string | undefined): string {
  if (style === 'Title') return '# ';
  const [, level] = /^heading ?([1-6])$/i.exec(style ?? '') ?? [];
  return level === undefined ? '' : `${'#'.repeat(Number(level))} `;
}
