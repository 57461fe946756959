import type { FilePart, MessagePart, ModelMessage, TextPart } from '../ports/language-model.ts';

/**
 * The messages for an API that takes no images from assistants: each image is moved to the beginning of the user's next
 * message, with a line that says whose it is, and a line keeps its place. `MARKS` in
 * domain/asking/files/answer-images.ts counts both.
 */
export function imagesOfUser(messages: readonly ModelMessage[]): readonly ModelMessage[] {
  if (!messages.some(hasImages)) return messages;
  let images: readonly FilePart[] = [];
  return messages.map((message) => {
    if (message.role === 'assistant') {
      images = message.parts.filter(isImage);
      return images.length > 0 ? { role: message.role, parts: joined(message.parts.map(lineOf)) } : message;
    }
    const parts = [...images.flatMap((image) => [text('[image made by the assistant]'), image]), ...message.parts];
    images = [];
    return { role: message.role, parts };
  });
}

function hasImages({ role, parts }: ModelMessage): boolean {
  return role === 'assistant' && parts.some(isImage);
}

function lineOf(part: MessagePart): MessagePart {
  return isImage(part) ? text('[image]') : part;
}

function isImage(part: MessagePart): part is FilePart {
  return part.type === 'file' && part.mediaType.startsWith('image/');
}

/** Texts beside each other as one, in paragraphs. */
function joined(parts: readonly MessagePart[]): MessagePart[] {
  const whole: MessagePart[] = [];
  for (const part of parts) {
    const last = whole.at(-1);
    if (part.type === 'text' && last?.type === 'text') whole[whole.length - 1] = text(`${last.text}\n\n${part.text}`);
    else whole.push(part);
  }
  return whole;
}

function text(said: string): TextPart {
  return { type: 'text', text: said };
}
