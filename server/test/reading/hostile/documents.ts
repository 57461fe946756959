import { contentTypes, docx, relations, xlsx, type ZipPart, zip, zipEnd, zipped } from '../making.ts';
import { deflatedMegabytes, type HostileFile } from './hostile-file.ts';

const word = contentTypes('wordprocessingml.document', 'word/document.xml');
const paragraph = '<w:p><w:r><w:t>Hello.</w:t></w:r></w:p>';

function document(xml: string): Buffer {
  return zip([word, { name: 'word/document.xml', bytes: xml }]);
}

/** A zip whose deflated parts are given as they are, with the sizes that they claim. */
function packedZip(
  parts: readonly { name: string; packed: Buffer; claimed: number }[],
  first: readonly ZipPart[] = [word],
) {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  const add = ({ local, entry }: { local: Buffer; entry: Buffer }) => {
    locals.push(local);
    entries.push(entry);
    offset += local.length;
  };
  for (const part of first) add(zipped(part, offset));
  for (const { name, packed, claimed } of parts) {
    const made = zipped({ name, bytes: packed, method: 0, declaredSize: claimed }, offset);
    // Stored bytes that are said to be deflated.
    made.local.writeUInt16LE(8, 8);
    made.entry.writeUInt16LE(8, 10);
    add(made);
  }
  return Buffer.concat([...locals, ...entries, zipEnd(entries.length, Buffer.concat(entries).length, offset)]);
}

/** A thousand entries that are all the same bytes: a bomb without a bomb in it. */
function overlapping(): Buffer {
  const types = zipped(word, 0);
  const body = zipped({ name: 'word/document.xml', bytes: `<d>${' '.repeat(100_000)}</d>` }, types.local.length);
  const entries = [types.entry, body.entry];
  for (let number = 0; number < 1_000; number++) {
    const name = `word/part${String(number).padStart(8, '0')}`;
    entries.push(zipped({ name, bytes: `<d>${' '.repeat(100_000)}</d>` }, types.local.length).entry);
  }
  const directory = Buffer.concat(entries);
  const content = Buffer.concat([types.local, body.local]);
  return Buffer.concat([content, directory, zipEnd(entries.length, directory.length, content.length)]);
}

/** Zips within zips, ten of them in each. */
function nested(depth: number): Buffer {
  if (depth === 0) return packedZip([{ name: 'zeros', packed: deflatedMegabytes(10), claimed: 10_000_000 }], []);
  const inner = nested(depth - 1);
  return zip(Array.from({ length: 10 }, (_, index) => ({ name: `${index}.zip`, bytes: inner })));
}

const entities = Array.from({ length: 10 }, (_, index) =>
  index === 0 ? '<!ENTITY e0 "lollollollol">' : `<!ENTITY e${index} "${`&e${index - 1};`.repeat(10)}">`,
).join('');

const zips: readonly HostileFile[] = [
  {
    what: 'a DOCX that unpacks to a thousand times its size',
    ...{ name: 'a.docx', outcome: 'TOO_LARGE' },
    bytes: () => packedZip([{ name: 'word/document.xml', packed: deflatedMegabytes(400, 32), claimed: 400_000_000 }]),
  },
  {
    what: 'a DOCX that unpacks to a gigabyte',
    ...{ name: 'a.docx', outcome: 'TOO_LARGE' },
    bytes: () =>
      packedZip([{ name: 'word/document.xml', packed: deflatedMegabytes(1_000, 32), claimed: 1_000_000_000 }]),
  },
  {
    what: 'a DOCX that unpacks to a gigabyte and claims a kilobyte',
    ...{ name: 'a.docx', outcome: 'BROKEN' },
    bytes: () => packedZip([{ name: 'word/document.xml', packed: deflatedMegabytes(1_000, 32), claimed: 1_000 }]),
  },
  {
    what: 'zips within zips that unpack to ten gigabytes',
    ...{ name: 'a.zip', outcome: 'TYPE_NOT_ALLOWED' },
    bytes: () => nested(3),
  },
  {
    what: 'a DOCX with such zips in it, which nobody opens',
    name: 'a.docx',
    outcome: 'read as application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    bytes: () => docx(paragraph, [{ name: 'word/embeddings/a.zip', bytes: nested(3), method: 0 }]),
  },
  {
    what: 'a DOCX whose thousand files are the same bytes',
    ...{ name: 'a.docx', outcome: 'BROKEN' },
    bytes: overlapping,
  },
  {
    what: 'a DOCX of twenty thousand files',
    ...{ name: 'a.docx', outcome: 'TOO_LARGE' },
    bytes: () =>
      docx(
        paragraph,
        Array.from({ length: 20_000 }, (_, index) => ({ name: `word/${index}`, bytes: '', method: 0 })),
      ),
  },
  {
    what: 'a DOCX with two main parts of one name',
    ...{ name: 'a.docx', outcome: 'BROKEN' },
    bytes: () => docx(paragraph, [{ name: 'word/document.xml', bytes: '<d/>' }]),
  },
  {
    what: 'a DOCX with a file that would be written elsewhere',
    ...{ name: '../../../etc/passwd', outcome: 'BROKEN' },
    bytes: () => docx(paragraph, [{ name: '../../../../etc/cron.d/evil', bytes: 'x' }]),
  },
  {
    what: 'a DOCX with a file of an absolute name',
    ...{ name: '/etc/passwd', outcome: 'BROKEN' },
    bytes: () => docx(paragraph, [{ name: '/etc/cron.d/evil', bytes: 'x' }]),
  },
  {
    what: 'a DOCX of encrypted files',
    ...{ name: 'a.docx', outcome: 'PROTECTED' },
    bytes: () => docx(paragraph, [{ name: 'word/secret', bytes: 'x', flags: 1 }]),
  },
  {
    what: 'a DOCX packed in a way that nobody knows',
    ...{ name: 'a.docx', outcome: 'BROKEN' },
    bytes: () => zip([word, { name: 'word/document.xml', bytes: '<d/>', method: 99 }]),
  },
  {
    what: 'a DOCX that breaks off',
    ...{ name: 'a.docx', outcome: 'BROKEN' },
    bytes: () => docx(paragraph).subarray(0, 400),
  },
  {
    what: 'a directory of a zip that is said to be longer than the file',
    ...{ name: 'a.docx', outcome: 'TOO_LARGE' },
    bytes: () => Buffer.concat([Buffer.from('504b0304', 'hex'), Buffer.alloc(100), zipEnd(65_000, 0xfffffff0, 4)]),
  },
];

const contents: readonly HostileFile[] = [
  {
    what: 'a DOCX whose entities grow to gigabytes',
    ...{ name: 'a.docx', outcome: 'TYPE_NOT_ALLOWED' },
    bytes: () => document(`<?xml version="1.0"?><!DOCTYPE d [${entities}]><d>&e9;</d>`),
  },
  {
    what: 'a DOCX with an entity that is a file of the server',
    ...{ name: 'a.docx', outcome: 'TYPE_NOT_ALLOWED' },
    bytes: () => document('<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/passwd">]><w:t>&f;</w:t>'),
  },
  {
    what: 'a DOCX of a hundred thousand elements within each other',
    ...{ name: 'a.docx', outcome: 'TOO_DEEP' },
    bytes: () => document(Array.from({ length: 100_000 }, (_, index) => `<a b="${index}">`).join('')),
  },
  {
    what: 'a DOCX with an attribute of ten megabytes',
    ...{ name: 'a.docx', outcome: 'BROKEN' },
    bytes: () => document(`<d a="${Array.from({ length: 1_500_000 }, (_, index) => index.toString(36)).join(' ')}"/>`),
  },
  {
    what: 'a DOCX that asks for files of other servers',
    name: 'a.docx',
    outcome: 'read as application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    bytes: () =>
      docx(paragraph, [
        relations('word/_rels/document.xml.rels', {
          rId1: ['attachedTemplate', 'http://169.254.169.254/latest/meta-data/'],
          rId2: ['footnotes', '../../../../etc/passwd'],
        }),
      ]),
  },
  {
    what: 'a DOCX with macros',
    ...{ name: 'a.docx', outcome: 'TYPE_NOT_ALLOWED' },
    bytes: () =>
      zip([
        {
          name: '[Content_Types].xml',
          bytes:
            '<Types><Override PartName="/word/document.xml" ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>',
        },
        { name: 'word/document.xml', bytes: '<d/>' },
      ]),
  },
  {
    what: 'an XLSX whose every cell is the same megabyte',
    ...{ name: 'a.xlsx', outcome: 'TOO_LARGE' },
    bytes: () =>
      xlsx(`<row>${'<c t="s"><v>0</v></c>'.repeat(10_000)}</row>`, [
        { name: 'xl/sharedStrings.xml', bytes: `<sst><si><t>${'long '.repeat(40_000)}</t></si></sst>` },
      ]),
  },
  {
    what: 'an XLSX with a cell in the last column of a hundred thousand rows',
    ...{ name: 'a.xlsx', outcome: 'TOO_LARGE' },
    bytes: () =>
      xlsx(Array.from({ length: 100_000 }, (_, row) => `<row><c r="XFD${row}"><v>${row}</v></c></row>`).join('')),
  },
  {
    what: 'an XLSX with a cell beyond all columns',
    name: 'a.xlsx',
    outcome: 'read as application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    bytes: () => xlsx('<row><c r="ZZZ1"><v>1</v></c><c r="A1"><v>2</v></c></row>'),
  },
  {
    what: 'an ODT with a cell that is repeated a thousand million times',
    name: 'a.odt',
    outcome: 'read as application/vnd.oasis.opendocument.text',
    bytes: () =>
      zip([
        { name: 'mimetype', bytes: 'application/vnd.oasis.opendocument.text', method: 0 },
        {
          name: 'content.xml',
          bytes:
            '<d><body><table><table-row number-rows-repeated="1000000000"><table-cell number-columns-repeated="1000000000"><p>x<s c="1000000000"/></p></table-cell></table-row></table></body></d>',
        },
      ]),
  },
  {
    what: 'an ODT with a password',
    ...{ name: 'a.odt', outcome: 'PROTECTED' },
    bytes: () =>
      zip([
        { name: 'mimetype', bytes: 'application/vnd.oasis.opendocument.text', method: 0 },
        { name: 'META-INF/manifest.xml', bytes: '<manifest><file-entry><encryption-data/></file-entry></manifest>' },
        { name: 'content.xml', bytes: 'none of your business' },
      ]),
  },
  {
    what: 'an old document of Office',
    ...{ name: 'a.doc', outcome: 'TYPE_NOT_ALLOWED' },
    bytes: () => Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(2_000)]),
  },
  {
    what: 'a document of Office with a password',
    ...{ name: 'a.docx', outcome: 'PROTECTED' },
    bytes: () =>
      Buffer.concat([
        Buffer.from('d0cf11e0a1b11ae1', 'hex'),
        Buffer.alloc(1_000),
        Buffer.from('EncryptedPackage', 'utf16le'),
      ]),
  },
];

export const hostileDocuments: readonly HostileFile[] = [...zips, ...contents];
