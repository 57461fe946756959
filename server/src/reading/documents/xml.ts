import sax, { type QualifiedAttribute, type SAXOptions } from 'sax';
import { FileRefusedError } from '../../ports/file-reader.ts';
import { DEPTH_MAX } from '../limits.ts';
import { broken } from '../refusals.ts';

/** What is done with the elements of XML. Names are without prefixes: writers of documents choose them, mostly alike. */
export interface XmlHandlers {
  start?(name: string, attributes: Attributes): void;
  end?(name: string): void;
  text?(text: string): void;
}

/** The value of an attribute, by its name with or without prefix. */
export type Attributes = (name: string) => string | undefined;

/**
 * Reads XML piece by piece. Documents have no business with a DTD, where entities could be defined that grow without
 * bound or name other files: one is refused.
 *
 * @throws FileRefusedError
 */
export async function readXml(pieces: AsyncIterable<Buffer>, handlers: XmlHandlers): Promise<void> {
  const parser = sax.parser(true, onlyKnownEntities);
  let depth = 0;
  parser.onerror = () => {
    throw broken('document');
  };
  parser.ondoctype = () => {
    throw new FileRefusedError(
      'TYPE_NOT_ALLOWED',
      'This document defines entities in its XML, which no document needs.',
    );
  };
  parser.onopentag = ({ name, attributes }) => {
    depth += 1;
    if (depth > DEPTH_MAX) throw new FileRefusedError('TOO_DEEP', 'This document is nested too deeply.');
    handlers.start?.(local(name), (wanted) => attribute(attributes, wanted));
  };
  parser.onclosetag = (name) => {
    depth -= 1;
    handlers.end?.(local(name));
  };
  parser.ontext = (text) => handlers.text?.(text);
  parser.oncdata = (text) => handlers.text?.(text);
  let decoder: TextDecoder | null = null;
  for await (const piece of pieces) {
    decoder ??= new TextDecoder(encodingOf(piece));
    parser.write(decoder.decode(piece, { stream: true }));
  }
  parser.write(decoder?.decode() ?? '').close();
}

/** The types do not have the option yet. */
const onlyKnownEntities: SAXOptions & { strictEntities: boolean } = { strictEntities: true };

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function attribute(attributes: Record<string, string | QualifiedAttribute>, wanted: string): string | undefined {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === wanted || local(name) === wanted) return typeof value === 'string' ? value : value.value;
  }
  return undefined;
}

/** Office writes UTF-8; UTF-16 is what else XML must be read in. */
function encodingOf(start: Buffer): string {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  return start[0] === 0xfe && start[1] === 0xff ? 'utf-16be' : 'utf-8';
}
