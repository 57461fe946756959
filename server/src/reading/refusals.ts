import { FileRefusedError } from '../ports/file-reader.ts';

export function tooLarge(): FileRefusedError {
  return new FileRefusedError('TOO_LARGE', 'This file is too large once it is unpacked.');
}

export function tooMuchText(): FileRefusedError {
  return new FileRefusedError('TOO_LARGE', 'This file has more than 10 MB of text, which no model reads.');
}

export function broken(what = 'file'): FileRefusedError {
  return new FileRefusedError('BROKEN', `This ${what} is broken or not complete.`);
}

export function isProtected(what = 'file'): FileRefusedError {
  return new FileRefusedError('PROTECTED', `This ${what} is protected. Save it without protection, then add it again.`);
}

export function notAllowed(what: string, instead = allowed): FileRefusedError {
  return new FileRefusedError('TYPE_NOT_ALLOWED', `${what} cannot be read. ${instead}`);
}

const allowed = 'Add an image (PNG, JPEG, WebP or GIF), a PDF, DOCX, PPTX, XLSX or ODT, or a text.';
