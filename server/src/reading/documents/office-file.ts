import type { ReadParts } from '../read-parts.ts';
import { broken, isProtected, notAllowed } from '../refusals.ts';
import { Archive } from './archive.ts';
import { readOdt } from './odt.ts';
import { readPresentation } from './presentation.ts';
import type { ReadDocument } from './read-document.ts';
import { readSpreadsheet } from './spreadsheet.ts';
import { readWordDocument } from './word-document.ts';
import { readXml } from './xml.ts';

const odt = 'application/vnd.oasis.opendocument.text';
const office = 'application/vnd.openxmlformats-officedocument';

/** What a document is by the content type of its main part. */
const readers: Readonly<Record<string, DocumentForm>> = {
  [`${office}.wordprocessingml.document.main+xml`]: {
    mediaType: `${office}.wordprocessingml.document`,
    extension: 'docx',
    read: readWordDocument,
  },
  [`${office}.presentationml.presentation.main+xml`]: {
    mediaType: `${office}.presentationml.presentation`,
    extension: 'pptx',
    read: readPresentation,
  },
  [`${office}.presentationml.slideshow.main+xml`]: {
    mediaType: `${office}.presentationml.presentation`,
    extension: 'pptx',
    read: readPresentation,
  },
  [`${office}.spreadsheetml.sheet.main+xml`]: {
    mediaType: `${office}.spreadsheetml.sheet`,
    extension: 'xlsx',
    read: readSpreadsheet,
  },
};

interface DocumentForm {
  mediaType: string;
  extension: string;
  read(archive: Archive, part: string): Promise<ReadDocument>;
}

/**
 * Reads a zip: it must be a document of Office or an ODT, by what it says within. The document itself is kept as it is,
 * and never shown by a browser.
 *
 * @throws FileRefusedError
 */
export function readOfficeFile(path: string): Promise<ReadParts> {
  return Archive.with(path, async (archive) => {
    const { form, part } = await formOf(archive);
    const { text, pages } = await form.read(archive, part);
    return {
      kind: 'DOCUMENT',
      mediaType: form.mediaType,
      extensions: [form.extension],
      pages: pages ?? null,
      text: text === '' ? null : text,
    };
  });
}

async function formOf(archive: Archive): Promise<{ form: DocumentForm; part: string }> {
  if (archive.has('[Content_Types].xml')) return await officeFormOf(archive);
  if (!archive.has('mimetype')) throw notAllowed('An archive', 'Add the files in it by themselves.');
  const type = (await wholeText(archive, 'mimetype')).trim();
  if (type !== odt) throw notAllowed('This kind of document', 'Save it as DOCX, PPTX, XLSX or ODT, or as a PDF.');
  if (await isEncrypted(archive)) throw isProtected('document');
  return { form: { mediaType: odt, extension: 'odt', read: readOdt }, part: 'content.xml' };
}

async function officeFormOf(archive: Archive): Promise<{ form: DocumentForm; part: string }> {
  const found: { form: DocumentForm; part: string }[] = [];
  let hasMacros = false;
  await readXml(archive.read('[Content_Types].xml'), {
    start(name, attribute) {
      const type = attribute('ContentType') ?? '';
      const part = attribute('PartName');
      if (name !== 'Override' || !part) return;
      const form = readers[type];
      if (form) found.push({ form, part: part.replace(/^\//, '') });
      if (/macroEnabled\.main\+xml$/i.test(type)) hasMacros = true;
    },
  });
  if (hasMacros) throw notAllowed('A document with macros', 'Save it without them: as DOCX, PPTX or XLSX.');
  const [first, second] = found;
  // A document that claims to be two is read differently by each reader.
  if (second) throw broken('document');
  if (!first) throw notAllowed('This kind of document', 'Save it as DOCX, PPTX, XLSX or ODT, or as a PDF.');
  return first;
}

async function wholeText(archive: Archive, name: string): Promise<string> {
  let text = '';
  for await (const piece of archive.read(name)) {
    text += piece.toString('latin1');
    if (text.length > 1_000) throw broken('document');
  }
  return text;
}

/** Whether the manifest of an ODT says that its files are encrypted. */
async function isEncrypted(archive: Archive): Promise<boolean> {
  const manifest = 'META-INF/manifest.xml';
  if (!archive.has(manifest)) return false;
  let found = false;
  await readXml(archive.read(manifest), {
    start(name) {
      if (name === 'encryption-data') found = true;
    },
  });
  return found;
}
