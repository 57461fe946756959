import { crc32, deflateRawSync } from 'node:zlib';

/** A file within a zip that a test makes. What it declares may be a lie. */
export interface ZipPart {
  name: string;
  bytes: Buffer | string;
  declaredSize?: number;
  flags?: number;
  method?: number;
}

/** A zip of files, each compressed. */
export function zip(parts: readonly ZipPart[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const part of parts) {
    const { local, entry } = zipped(part, offset);
    locals.push(local);
    central.push(entry);
    offset += local.length;
  }
  return Buffer.concat([...locals, ...central, zipEnd(parts.length, Buffer.concat(central).length, offset)]);
}

/** What ends a zip: how many entries its directory has, its size and where it begins. */
export function zipEnd(entries: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries, 8);
  end.writeUInt16LE(entries, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return end;
}

/** A file's own place in a zip, and its entry in the directory. */
export function zipped({ name, bytes, declaredSize, flags = 0, method = 8 }: ZipPart, offset: number) {
  const content = Buffer.from(bytes);
  const packed = method === 8 ? deflateRawSync(content) : content;
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(flags, 2);
  common.writeUInt16LE(method, 4);
  common.writeUInt32LE(checksum(content), 10);
  common.writeUInt32LE(packed.length, 14);
  common.writeUInt32LE(declaredSize ?? content.length, 18);
  common.writeUInt16LE(Buffer.byteLength(name), 22);
  const local = Buffer.concat([Buffer.from('504b0304', 'hex'), common, Buffer.from(name), packed]);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(offset, 10);
  const entry = Buffer.concat([Buffer.from('504b01021400', 'hex'), common, rest, Buffer.from(name)]);
  return { local, entry };
}

/** Node 20 has no crc32 of its own in zlib. */
export function checksum(bytes: Buffer): number {
  if (typeof crc32 === 'function') return crc32(bytes);
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return (value ^ 0xffffffff) >>> 0;
}

const office = 'application/vnd.openxmlformats-officedocument';
const relationType = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

/** The content types of a document of Office with this main part. */
export function contentTypes(main: string, part: string): ZipPart {
  return {
    name: '[Content_Types].xml',
    bytes: `<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/${part}" ContentType="${office}.${main}.main+xml"/></Types>`,
  };
}

/** Relations of a part: by id, the type's last word and the target. */
export function relations(name: string, targets: Readonly<Record<string, readonly [string, string]>>): ZipPart {
  const list = Object.entries(targets).map(
    ([id, [type, target]]) =>
      `<Relationship Id="${id}" Type="${relationType}/${type}" Target="${target}"${target.includes('//') ? ' TargetMode="External"' : ''}/>`,
  );
  return { name, bytes: `<Relationships>${list.join('')}</Relationships>` };
}

/** A DOCX with this body. */
export function docx(body: string, others: readonly ZipPart[] = []): Buffer {
  return zip([
    contentTypes('wordprocessingml.document', 'word/document.xml'),
    { name: 'word/document.xml', bytes: `<w:document xmlns:w="w"><w:body>${body}</w:body></w:document>` },
    ...others,
  ]);
}

/** An XLSX with one sheet of this data. */
export function xlsx(sheetData: string, others: readonly ZipPart[] = []): Buffer {
  return zip([
    contentTypes('spreadsheetml.sheet', 'xl/workbook.xml'),
    {
      name: 'xl/workbook.xml',
      bytes: '<workbook xmlns:r="r"><sheets><sheet name="Sheet 1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    },
    relations('xl/_rels/workbook.xml.rels', {
      rId1: ['worksheet', 'worksheets/sheet1.xml'],
      rId2: ['sharedStrings', 'sharedStrings.xml'],
      rId3: ['styles', 'styles.xml'],
    }),
    { name: 'xl/worksheets/sheet1.xml', bytes: `<worksheet><sheetData>${sheetData}</sheetData></worksheet>` },
    ...others,
  ]);
}

/** A PDF of these objects, by number from 1; the first is its catalogue. */
export function pdf(objects: readonly (string | Buffer)[], trailer = ''): Buffer {
  const pieces: Buffer[] = [Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1')];
  const offsets: number[] = [];
  let length = pieces[0]?.length ?? 0;
  const add = (piece: Buffer) => {
    pieces.push(piece);
    length += piece.length;
  };
  for (const [index, object] of objects.entries()) {
    offsets.push(length);
    add(Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), Buffer.from(object), Buffer.from('\nendobj\n')]));
  }
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  add(
    Buffer.from(
      `xref\n0 ${size}\n0000000000 65535 f \n${table}trailer\n<< /Size ${size} /Root 1 0 R ${trailer}>>\nstartxref\n${length}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(pieces);
}

/** A stream of a PDF. */
export function pdfStream(bytes: Buffer | string, entries = ''): Buffer {
  const content = Buffer.from(bytes);
  return Buffer.concat([
    Buffer.from(`<< /Length ${content.length} ${entries}>>\nstream\n`),
    content,
    Buffer.from('\nendstream'),
  ]);
}

/** A PDF with pages of lines of text, in Latin letters. */
export function textPdf(pages: readonly (readonly string[])[], trailer = ''): Buffer {
  const kids = pages.map((_, index) => `${4 + index * 2} 0 R`).join(' ');
  return pdf(
    [
      '<< /Type /Catalog /Pages 2 0 R >>',
      `<< /Type /Pages /Count ${pages.length} /Kids [${kids}] >>`,
      '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
      ...pages.flatMap((lines, index) => [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + index * 2} 0 R >>`,
        pdfStream(`BT /F1 12 Tf 14 TL 72 770 Td ${lines.map((line) => `(${line}) Tj T*`).join(' ')} ET`),
      ]),
    ],
    trailer,
  );
}
