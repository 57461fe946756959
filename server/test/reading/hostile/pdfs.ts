import { pdf, pdfStream, textPdf, zip } from '../making.ts';
import { type HostileFile, zlibMegabytes } from './hostile-file.ts';

const catalog = '<< /Type /Catalog /Pages 2 0 R >>';
const read = 'read as application/pdf';

/** A PDF of one page with these contents and resources, and further objects from the fifth on. */
function onePage(
  contents: Buffer | string,
  { resources = '', box = '0 0 300 300', others = [] as Buffer[] } = {},
): Buffer {
  return pdf([
    catalog,
    '<< /Type /Pages /Count 1 /Kids [3 0 R] >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [${box}] /Resources << ${resources} >> /Contents 4 0 R >>`,
    contents,
    ...others,
  ]);
}

export const hostilePdfs: readonly HostileFile[] = [
  {
    what: 'a PDF whose pages are within themselves',
    ...{ name: 'a.pdf', outcome: 'BROKEN' },
    bytes: () =>
      pdf([catalog, '<< /Type /Pages /Count 3 /Kids [2 0 R 3 0 R] >>', '<< /Type /Pages /Count 2 /Kids [2 0 R] >>']),
  },
  {
    what: 'a PDF that claims a thousand million pages',
    ...{ name: 'a.pdf', outcome: read },
    bytes: () =>
      pdf([catalog, '<< /Type /Pages /Count 1000000000 /Kids [3 0 R] >>', '<< /Type /Page /Parent 2 0 R >>']),
  },
  {
    what: 'a PDF of two thousand pages',
    ...{ name: 'a.pdf', outcome: 'TOO_MANY_PAGES' },
    bytes: () => textPdf(Array.from({ length: 2_000 }, () => ['x'])),
  },
  {
    what: 'a PDF that claims fewer pages than none',
    ...{ name: 'a.pdf', outcome: 'BROKEN' },
    bytes: () => pdf([catalog, '<< /Type /Pages /Count -5 /Kids [] >>']),
  },
  {
    what: 'a PDF whose objects are packed into each other',
    ...{ name: 'a.pdf', outcome: read },
    bytes: () =>
      onePage('5 0 R', {
        others: [pdfStream('5 0 6 10 7 0 R 7 0 R', '/Type /ObjStm /N 2 /First 8 /Extends 5 0 R')],
      }),
  },
  {
    what: 'a PDF whose length is its own stream',
    ...{ name: 'a.pdf', outcome: read },
    bytes: () => onePage('<< /Length 4 0 R >>\nstream\nBT ET\nendstream'),
  },
  {
    what: 'a PDF whose earlier table of objects is itself',
    ...{ name: 'a.pdf', outcome: read },
    bytes: () => {
      const whole = textPdf([['Hello']]).toString('latin1');
      const at = whole.lastIndexOf('xref\n0');
      return whole.replace('/Root 1 0 R', `/Root 1 0 R /Prev ${at}`);
    },
  },
  {
    what: 'a PDF of arrays within arrays',
    ...{ name: 'a.pdf', outcome: 'BROKEN' },
    bytes: () =>
      pdf([`<< /Type /Catalog /Pages 2 0 R /Deep ${'['.repeat(1_000_000)} >>`, '<< /Type /Pages /Count 0 /Kids [] >>']),
  },
  {
    what: 'a PDF of which a page unpacks to a gigabyte',
    ...{ name: 'a.pdf', outcome: 'TOO_LARGE', isLong: true },
    bytes: () => onePage(pdfStream(zlibMegabytes(1_000, 32), '/Filter /FlateDecode')),
  },
  {
    what: 'a PDF whose form draws itself',
    ...{ name: 'a.pdf', outcome: read },
    bytes: () =>
      onePage(pdfStream('/F Do'), {
        resources: '/XObject << /F 5 0 R >>',
        others: [
          pdfStream(
            '/F Do /F Do',
            '/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /F 5 0 R >> >>',
          ),
        ],
      }),
  },
  {
    what: 'a PDF of a page as large as a country',
    ...{ name: 'a.pdf', outcome: read },
    bytes: () => onePage(pdfStream('0 0 100 100 re f'), { box: '0 0 1e30 1' }),
  },
  {
    what: 'a PDF with an image of four thousand million pixels',
    ...{ name: 'a.pdf', outcome: read, isLong: true },
    bytes: () =>
      onePage(pdfStream('300 0 0 300 0 0 cm /I Do'), {
        resources: '/XObject << /I 5 0 R >>',
        others: [
          pdfStream(
            zlibMegabytes(100),
            '/Type /XObject /Subtype /Image /Width 65535 /Height 65535 /BitsPerComponent 8 /ColorSpace /DeviceRGB /Filter /FlateDecode ',
          ),
        ],
      }),
  },
  {
    what: 'a PDF that runs a script when it is opened',
    ...{ name: 'a.pdf', outcome: read },
    bytes: () =>
      pdf([
        '<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (while (true) app.alert\\(1\\);) >> >>',
        '<< /Type /Pages /Count 1 /Kids [3 0 R] >>',
        '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>',
      ]),
  },
  {
    what: 'a PDF with a password',
    ...{ name: 'a.pdf', outcome: 'PROTECTED' },
    bytes: () =>
      textPdf(
        [['Hello']],
        `/ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <${'41'.repeat(32)}> /U <${'42'.repeat(32)}> >> `,
      ),
  },
  {
    what: 'a PDF that breaks off',
    ...{ name: 'a.pdf', outcome: 'BROKEN' },
    bytes: () => textPdf([['Hello'], ['World']]).subarray(0, 500),
  },
  {
    what: 'a PDF that is nothing but its first line',
    ...{ name: 'a.pdf', outcome: 'BROKEN' },
    bytes: () => '%PDF-1.7\n',
  },
  {
    what: 'a PDF that is a page of HTML and an archive too',
    ...{ name: 'a.html', outcome: read },
    bytes: () =>
      Buffer.concat([textPdf([['Hello']]), Buffer.from('<script>alert(1)</script>'), zip([{ name: 'a', bytes: 'b' }])]),
  },
];
