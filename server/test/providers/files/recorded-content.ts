import type { FilePart, MessagePart } from '../../../src/ports/language-model.ts';

// biome-ignore lint/suspicious/noExplicitAny: each provider has a form of its own
type Given = any;

/** The parts of a recorded message, in whichever provider's form it is. */
export function partsOf(content: readonly Given[]): MessagePart[] {
  return content.map((given): MessagePart => {
    const file = fileOf(normal(given));
    return file ?? { type: 'text', text: given.text };
  });
}

function fileOf({ source, title, image_url, file, inlineData }: Given): FilePart | null {
  if (source) return { type: 'file', mediaType: source.media_type, data: source.data, name: title ?? null };
  if (inlineData) return { type: 'file', mediaType: inlineData.mimeType, data: inlineData.data, name: null };
  const url: string | undefined = image_url?.url ?? file?.file_data;
  if (url === undefined) return null;
  const [, mediaType = '', data = ''] = /^data:([^;]+);base64,(.*)$/s.exec(url) ?? [];
  return { type: 'file', mediaType, data, name: file?.filename ?? null };
}

/** The content of the last message that an adapter sent, or that was recorded, in one form of each provider. */
export function formOf(content: readonly Given[]): Given[] {
  return content.map(normal);
}

export function sentContent({ messages, contents }: Given): Given[] {
  return formOf(contents ? contents.at(-1).parts : messages.at(-1).content);
}

/** Google takes names in both cases, and Mistral an address without its object. */
function normal(given: Given): Given {
  const { inline_data: inline, image_url: image, ...rest } = given;
  if (inline) return { ...rest, inlineData: { mimeType: inline.mime_type, data: inline.data } };
  if (typeof image === 'string') return { ...rest, image_url: { url: image } };
  return given;
}
