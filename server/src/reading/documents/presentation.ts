import { FileRefusedError } from '../../ports/file-reader.ts';
import { PAGES_MAX } from '../limits.ts';
import type { Archive } from './archive.ts';
import type { ReadDocument } from './read-document.ts';
import { partsOfType, relationsOf } from './relations.ts';
import { WrittenText } from './written-text.ts';
import { readXml } from './xml.ts';

/** The text of a PPTX: slide by slide, each after its mark, with what its speaker noted. */
export async function readPresentation(archive: Archive, part: string): Promise<ReadDocument> {
  const slides = await slidesOf(archive, part);
  if (slides.length > PAGES_MAX) {
    throw new FileRefusedError('TOO_MANY_PAGES', `This presentation has more than ${PAGES_MAX} slides.`);
  }
  const text = new WrittenText();
  let isEmpty = true;
  for (const [index, slide] of slides.entries()) {
    text.write(`\n[Slide ${index + 1}]\n`);
    const said = await shapesText(archive, slide);
    if (said !== '') isEmpty = false;
    text.write(said === '' ? '' : `${said}\n`);
    for (const notes of partsOfType(archive, await relationsOf(archive, slide), 'notesSlide')) {
      const noted = await shapesText(archive, notes);
      if (noted !== '') isEmpty = false;
      text.write(noted === '' ? '' : `\nNotes: ${noted}\n`);
    }
  }
  return { text: isEmpty ? '' : text.take(), pages: slides.length };
}

/** The slides' parts in the order in which they are shown. */
async function slidesOf(archive: Archive, part: string): Promise<string[]> {
  const relations = await relationsOf(archive, part);
  const slides: string[] = [];
  await readXml(archive.read(part), {
    start(name, attribute) {
      if (name !== 'sldId') return;
      // Beside the relation's id an element has one of its own, without prefix.
      const slide = relations.get(attribute('r:id') ?? '');
      if (slide && archive.has(slide.part)) slides.push(slide.part);
    },
  });
  return slides;
}

async function shapesText(archive: Archive, part: string): Promise<string> {
  const text = new WrittenText();
  let isText = false;
  /** Fields hold the number of the slide, or a date. */
  let fields = 0;
  let isTable = false;
  await readXml(archive.read(part), {
    start(name) {
      if (name === 'fld') fields += 1;
      else if (name === 't') isText = true;
      else if (name === 'br') text.write('\n');
      else if (name === 'tbl') isTable = true;
      else if (name === 'tc') text.write('| ');
    },
    end(name) {
      if (name === 'fld') fields -= 1;
      else if (name === 't') isText = false;
      else if (name === 'p') text.write(isTable ? ' ' : '\n');
      else if (name === 'tr') text.write('|\n');
      else if (name === 'tbl') isTable = false;
    },
    text(piece) {
      if (isText && fields === 0) text.write(piece);
    },
  });
  return text.take();
}
