import { files as texts } from 'texts:chat';
import type { ClipboardEvent } from 'react';

/**
 * The files in a paste, to be attached; empty: it is text, and the field takes it. A spreadsheet's cells come as text and
 * as a picture of them: the text is what was meant.
 */
export function pastedFiles({ clipboardData }: Pick<ClipboardEvent, 'clipboardData'>): File[] {
  if (clipboardData.types.includes('text/plain')) return [];
  return [...clipboardData.files].map(named);
}

/** Every pasted screenshot is called `image.png`: the time tells one from another. */
function named(file: File): File {
  if (!/^image\.\w+$/.test(file.name)) return file;
  const time = new Date().toTimeString().slice(0, 8).replaceAll(':', '.');
  return new File([file], file.name.replace('image', texts.pastedAt({ time })), { type: file.type });
}
