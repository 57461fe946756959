import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { toStorable, withoutUnseen } from '../../domain/ground/storable-text.ts';
import type { FilePart, TextPart } from '../../ports/language-model.ts';
import { RESULT_LENGTH_MAX, type ToolResult } from '../../ports/tool.ts';

type Block = CallToolResult['content'][number];

/** Images that are handed on of one result, and the characters of base64 of one: 4 MB of bytes. */
const IMAGES_MAX = 8;
/** Parts of one result; further texts are lines of the last one. */
const PARTS_MAX = 100;
const IMAGE_LENGTH_MAX = 5_600_000;
/** Those that every provider takes. */
const imageTypes: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif']);
const CUT = '\n[cut: the result is longer]';

/**
 * What a server answered, as models are told of it: texts and images as they are, all else as a line of text that says what
 * it is. What is too much is left out, and a line says so.
 *
 * @param hide makes a text one that members may read
 */
export function toToolResult(
  { content, structuredContent, isError }: CallToolResult,
  hide: (text: string) => string,
): ToolResult {
  const parts: (TextPart | FilePart)[] = [];
  let [images, left] = [0, RESULT_LENGTH_MAX];
  const addText = (text: string) => {
    if (text === '' || left <= 0) return;
    const last = parts.at(-1);
    const isLine = parts.length >= PARTS_MAX && last?.type === 'text';
    const whole = (isLine ? '\n' : '') + hide(withoutUnseen(toStorable(text)));
    const told = whole.length <= left ? whole : cut(whole, left);
    if (isLine) parts[parts.length - 1] = { type: 'text', text: last.text + told };
    else parts.push({ type: 'text', text: told });
    left -= whole.length;
  };
  for (const block of content) {
    const image = imageOf(block);
    if (image && images < IMAGES_MAX && image.data.length <= IMAGE_LENGTH_MAX) {
      images += 1;
      parts.push(image);
    } else
      addText(
        image ? `[an image of the type ${image.mediaType} was left out: there is too much of it]` : textOf(block),
      );
  }
  // Servers that give an object repeat it as text, as the protocol says. Those that do not would otherwise say nothing.
  if (structuredContent && !content.some(({ type }) => type === 'text')) addText(JSON.stringify(structuredContent));
  if (parts.length === 0) addText('[the tool answered nothing]');
  return { content: parts, isError: isError === true };
}

/** The beginning of a text that is too long, whole characters of it, with the words that say so. */
function cut(text: string, length: number): string {
  const end = Math.max(0, length - CUT.length);
  const last = text.charCodeAt(end - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end) + CUT;
}

function imageOf(block: Block): FilePart | null {
  if (block.type === 'image') return toImage(block.mimeType, block.data);
  if (block.type === 'resource' && 'blob' in block.resource)
    return toImage(block.resource.mimeType, block.resource.blob);
  return null;
}

function toImage(type: string | undefined, data: string): FilePart | null {
  const mediaType = type?.toLowerCase() ?? '';
  if (!imageTypes.has(mediaType) || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) return null;
  return { type: 'file', mediaType, data, name: null };
}

function textOf(block: Block): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'image':
    case 'audio':
      return `[${block.type} of the type ${short(block.mimeType)}, which is not shown]`;
    case 'resource_link':
      return `[${[block.title ?? block.name, block.uri, block.description]
        .filter(Boolean)
        .map((word) => short(word, 1000))
        .join(': ')}]`;
    case 'resource': {
      const { uri, mimeType } = block.resource;
      if ('text' in block.resource) return `[${short(uri, 1000)}]\n${block.resource.text}`;
      return `[${short(uri, 1000)}, a file of the type ${short(mimeType)}, which is not shown]`;
    }
  }
}

function short(text: string | undefined, length = 100): string {
  return (text ?? 'unknown').slice(0, length);
}
