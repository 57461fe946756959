import type { FilePart } from '../../ports/language-model.ts';
import type { BodyFields } from './body-fields.ts';

/** Long enough for every type with its parameters. */
const HEAD_LENGTH_MAX = 200;

/** Reads a field that has a file in it. @throws CallError */
export function readDataUrl(fields: BodyFields, name: string): Pick<FilePart, 'mediaType' | 'data'> {
  const url = fields.requiredText(name);
  if (/^https?:/i.test(url)) {
    throw fields.refusal(
      name,
      'must be a data URL (data:image/png;base64,…): this server fetches nothing (its operator may allow it by FILE_URLS)',
    );
  }
  const head = url.slice(0, HEAD_LENGTH_MAX).split(',', 1)[0] ?? '';
  const mediaType = /^data:([\w.+-]+\/[\w.+-]+)(?:;[^,]*)?;base64$/i.exec(head)?.[1];
  const data = url.slice(head.length + 1);
  if (mediaType === undefined || data === '') {
    throw fields.refusal(name, 'must be a data URL with a type, in base64: data:image/png;base64,…');
  }
  return { mediaType: mediaType.toLowerCase(), data };
}
