import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { readingHouse } from './given.ts';
import { docx, pdf, relations, textPdf, xlsx, zip } from './making.ts';

const { read, outcome } = readingHouse();
const office = 'application/vnd.openxmlformats-officedocument';

/** Made with LibreOffice from documents of our own. */
function fixture(name: string): Buffer {
  return readFileSync(join(import.meta.dirname, 'fixtures', name));
}

test('A PDF is read page by page, kept as it is, and has a picture of its first page', async () => {
  const given = fixture('report.pdf');
  const file = await read(given, 'report');
  expect(file).toMatchObject({ kind: 'PDF', mediaType: 'application/pdf', name: 'report.pdf', pages: 2, width: null });
  expect(file.text?.split('\n')).toEqual([
    '[Page 1]',
    'Harbour report',
    'The crane “Große Möwe” lifted 412 t, あと少し.',
    '• First berth',
    '• Second berth',
    'Ship Tonnes',
    'Aurora 120',
    'Brise & Co 292',
    '',
    '[Page 2]',
    'Weather',
    'Wind from the west, 5 °C.',
  ]);
  expect(readFileSync(file.contentPath).equals(given)).toBe(true);
  const picture = await sharp(file.thumbnailPath ?? '').metadata();
  expect(picture).toMatchObject({ format: 'webp', width: 227, height: 320 });
});

test('A PDF in Japanese is read though it embeds neither its font nor its characters', async () => {
  const page =
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Resources << /Font << /F1 4 0 R >> >> /Contents 7 0 R >>';
  const font =
    '<< /Type /Font /Subtype /Type0 /BaseFont /Ryumin-Light /Encoding /90ms-RKSJ-H /DescendantFonts [5 0 R] >>';
  const descendant =
    '<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Ryumin-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> /FontDescriptor 6 0 R >>';
  const descriptor =
    '<< /Type /FontDescriptor /FontName /Ryumin-Light /Flags 4 /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >>';
  // In Shift_JIS: 東京
  const content = 'BT /F1 20 Tf 20 200 Td <938c8b9e> Tj ET';
  const given = pdf([
    ...[
      '<< /Type /Catalog /Pages 2 0 R >>',
      '<< /Type /Pages /Count 1 /Kids [3 0 R] >>',
      page,
      font,
      descendant,
      descriptor,
    ],
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
  ]);
  expect((await read(given, 'a.pdf')).text).toBe('[Page 1]\n東京');
});

test('A PDF without text, such as a scanned one, has none, and its pages are counted all the same', async () => {
  expect(await read(textPdf([[], [], []]), 'scan.pdf')).toMatchObject({ pages: 3, text: null, textTokens: null });
});

test('A DOCX is read with its headings, lists and tables', async () => {
  const file = await read(fixture('report.docx'), 'report.docx');
  expect(file).toMatchObject({ kind: 'DOCUMENT', mediaType: `${office}.wordprocessingml.document`, pages: null });
  expect(file.text?.split('\n')).toEqual([
    '# Harbour report',
    'The crane “Große Möwe” lifted 412 t, あと少し.',
    '- First berth',
    '- Second berth',
    '| Ship | Tonnes |',
    '| Aurora | 120 |',
    '| Brise & Co | 292 |',
    '##  Weather',
    'Wind from the west, 5 °C.',
  ]);
});

test('Of a DOCX with tracked changes the new text is read, each text box once, and notes at the end', async () => {
  const body = `
    <w:p><w:r><w:t xml:space="preserve">Kept </w:t></w:r><w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:ins><w:r><w:t>new</w:t></w:r></w:ins></w:p>
    <w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>box</w:t></w:r></w:p></w:txbxContent></mc:Choice><mc:Fallback><w:p><w:r><w:t>box</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent></w:r></w:p>
    <w:p><w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>a&amp;b</w:t><w:tab/><w:t>c</w:t></w:r></w:p>`;
  const given = docx(body, [
    relations('word/_rels/document.xml.rels', {
      rId1: ['footnotes', 'footnotes.xml'],
      rId2: ['hyperlink', 'http://169.254.169.254/latest'],
    }),
    { name: 'word/footnotes.xml', bytes: '<w:footnotes><w:p><w:r><w:t>See there.</w:t></w:r></w:p></w:footnotes>' },
  ]);
  const file = await read(given, 'a.docx');
  expect(file.text?.split('\n')).toEqual(['Kept new', 'box', '', 'a&b\tc', '', 'Footnotes:', 'See there.']);
});

test('An ODT is read like a DOCX', async () => {
  const file = await read(fixture('report.odt'), 'report.odt');
  expect(file).toMatchObject({ kind: 'DOCUMENT', mediaType: 'application/vnd.oasis.opendocument.text' });
  expect(file.text?.split('\n')).toEqual([
    'Harbour report',
    'The crane “Große Möwe” lifted 412 t, あと少し.',
    '- First berth',
    '- Second berth',
    '| Ship | Tonnes |',
    '| Aurora | 120 |',
    '| Brise & Co | 292 |',
    '## Weather',
    'Wind from the west, 5 °C.',
  ]);
});

test('An XLSX is read as CSV, sheet by sheet, with dates as dates', async () => {
  const file = await read(fixture('sheet.xlsx'), 'sheet.xlsx');
  expect(file).toMatchObject({ kind: 'DOCUMENT', mediaType: `${office}.spreadsheetml.sheet` });
  expect(file.text?.split('\n')).toEqual([
    '[Sheet: Ships & berths]',
    'Ship,Tonnes,Arrived',
    '"Brise, ""the old""",120.5,2026-11-29',
    ',241',
    '',
    '[Sheet: Notes]',
    'あと少し,1',
  ]);
});

test('Cells of every type are read, in their columns', async () => {
  const given = xlsx(
    `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>in</t><r><t>line</t></r></is></c><c r="D1" t="b"><v>1</v></c><c r="E1" t="e"><v>#DIV/0!</v></c></row>
     <row r="9"><c r="B9" s="1"><v>46355.75</v></c><c r="C9" s="2"><v>0.5</v></c><c r="D9" s="3"><v>46355</v></c><c r="E9" t="str"><f>A1</f><v>x</v></c><c r="F9"/></row>`,
    [
      { name: 'xl/sharedStrings.xml', bytes: '<sst><si><t>東京</t><rPh><t>とうきょう</t></rPh></si></sst>' },
      {
        name: 'xl/styles.xml',
        bytes:
          '<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd hh:mm"/><numFmt numFmtId="165" formatCode="0 &quot;days&quot;"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="20"/><xf numFmtId="165"/></cellXfs></styleSheet>',
      },
    ],
  );
  const file = await read(given, 'a.xlsx');
  expect(file.text).toBe('[Sheet: Sheet 1]\n東京,,inline,TRUE,#DIV/0!\n,2026-11-29 18:00:00,12:00:00,46355,x');
});

test('A PPTX is read slide by slide, with what its speaker noted', async () => {
  const file = await read(fixture('talk.pptx'), 'talk.pptx');
  expect(file).toMatchObject({ kind: 'DOCUMENT', mediaType: `${office}.presentationml.presentation`, pages: 2 });
  expect(file.text?.split('\n')).toEqual([
    ...['[Slide 1]', 'Harbour plan', 'Three berths', 'Zwei Kräne', '', 'Notes: Thank the pilots.', ''],
    ...['[Slide 2]', 'Costs & dates'],
  ]);
});

test('What looks like a document and is none of these is refused with what to do instead', async () => {
  const refusals = await Promise.all([
    outcome(zip([{ name: 'a.txt', bytes: 'a' }]), 'a.docx'),
    outcome(zip([{ name: 'mimetype', bytes: 'application/epub+zip' }]), 'a.odt'),
  ]);
  expect(refusals).toEqual(['TYPE_NOT_ALLOWED', 'TYPE_NOT_ALLOWED']);
});
