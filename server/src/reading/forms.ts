import { isProtected, notAllowed } from './refusals.ts';

/** What the first bytes of a file say that it is. Text has no such bytes. */
export type Form = 'png' | 'jpeg' | 'gif' | 'webp' | 'pdf' | 'zip' | 'unknown';

/** Bytes of a file's beginning that `formOf` needs. */
export const HEAD_BYTES = 4_096;

/**
 * The form of a file by its first bytes.
 *
 * @throws FileRefusedError for a form that is known and not allowed, with what to do instead
 */
export function formOf(head: Buffer): Form {
  for (const [form, bytes] of signatures) if (head.subarray(0, bytes.length).equals(bytes)) return form;
  if (ascii(head, 0, 4) === 'RIFF' && ascii(head, 8, 12) === 'WEBP') return 'webp';
  // White space before the signature is what PDF's readers forgive.
  if (/^(?:\xef\xbb\xbf)?\s{0,32}%PDF-\d/.test(head.toString('latin1', 0, 64))) return 'pdf';
  refuseKnown(head);
  return 'unknown';
}

const signatures: readonly (readonly [Form, Buffer])[] = [
  ['png', Buffer.from('89504e470d0a1a0a', 'hex')],
  ['jpeg', Buffer.from('ffd8ff', 'hex')],
  ['gif', Buffer.from('GIF87a')],
  ['gif', Buffer.from('GIF89a')],
  ['zip', Buffer.from('504b0304', 'hex')],
];

/** Tells those who add what many have and no model reads what to do instead. */
function refuseKnown(head: Buffer): void {
  if (head.toString('hex', 0, 8) === 'd0cf11e0a1b11ae1') {
    // An office document with a password is packed into a file of the old form.
    if (head.includes(Buffer.from('EncryptedPackage', 'utf16le'))) throw isProtected('document');
    throw notAllowed('The old form of Office', 'Save it as DOCX, PPTX or XLSX, or as a PDF.');
  }
  if (ascii(head, 4, 8) === 'ftyp') {
    if (/^(heic|heix|hevc|mif1|msf1)/.test(ascii(head, 8, 12))) throw notAllowed('HEIC', 'Save it as JPEG.');
    if (ascii(head, 8, 12) === 'avif') throw notAllowed('AVIF', 'Save it as JPEG or PNG.');
    throw notAllowed('Video and audio');
  }
  for (const [what, bytes] of others) if (head.subarray(0, bytes.length).equals(bytes)) throw notAllowed(what);
}

const others: readonly (readonly [string, Buffer])[] = [
  ['TIFF', Buffer.from('49492a00', 'hex')],
  ['TIFF', Buffer.from('4d4d002a', 'hex')],
  ['A program', Buffer.from('7f454c46', 'hex')],
  ['An archive', Buffer.from('1f8b', 'hex')],
  ['An archive', Buffer.from('377abcaf271c', 'hex')],
  ['An archive', Buffer.from('Rar!')],
  ['An empty archive', Buffer.from('504b0506', 'hex')],
  ['Audio', Buffer.from('ID3')],
  ['Audio', Buffer.from('OggS')],
];

function ascii(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('latin1', start, end);
}
