import { isBlank } from '../calls/blank-text.ts';

type Given = Record<string, unknown>;

/**
 * Makes files of the text documents in the user's messages, for a call whose files are kept: else their text would be the
 * prompt's own. What is of no form that this knows is left as it is, for the reader to refuse.
 *
 * @param messages of a request; changed in place
 */
export function textDocumentsAsFiles(messages: unknown): void {
  for (const { content } of objectsIn(messages)) {
    for (const { type, source } of objectsIn(content)) {
      if (type !== 'document' || !isObject(source) || source.type !== 'text') continue;
      const { data } = source;
      if (typeof data !== 'string' || isBlank(data)) continue;
      source.type = 'base64';
      source.media_type = 'text/plain';
      source.data = Buffer.from(data).toString('base64');
    }
  }
}

function objectsIn(value: unknown): Given[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function isObject(value: unknown): value is Given {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
