import { type FilePart, type MessagePart, ModelFailure, type ModelMessage } from '../ports/language-model.ts';

/** What a provider takes in one request, by its own pages. */
export interface FileLimits {
  /** The provider's name, for the message. */
  provider: string;
  images: number;
  /** Of an image in base64; absent: no limit of its own. */
  imageLength?: number;
  /** Bytes of a PDF; absent: no limit of its own. */
  pdfBytes?: number;
  /** Of all files in base64; absent: more than any request has. */
  requestLength?: number;
  imageTypes: ReadonlySet<string>;
}

const MEGABYTE = 1024 * 1024;

/** https://platform.openai.com/docs/guides/images-vision, https://platform.openai.com/docs/guides/pdf-files */
export const openaiLimits: FileLimits = {
  provider: 'OpenAI',
  images: 1500,
  pdfBytes: 50 * MEGABYTE,
  requestLength: 512 * MEGABYTE,
  imageTypes: new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif']),
};

/** https://platform.claude.com/docs/en/build-with-claude/vision, https://platform.claude.com/docs/en/build-with-claude/pdf-support */
export const anthropicLimits: FileLimits = {
  provider: 'Anthropic',
  images: 600,
  imageLength: 10 * MEGABYTE,
  requestLength: 32 * MEGABYTE,
  imageTypes: new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif']),
};

/** https://ai.google.dev/gemini-api/docs/image-understanding, https://ai.google.dev/gemini-api/docs/document-processing */
export const googleLimits: FileLimits = {
  provider: 'Google',
  images: 3600,
  pdfBytes: 50 * MEGABYTE,
  imageTypes: new Set(['image/png', 'image/jpeg', 'image/webp', 'image/heic', 'image/heif']),
};

/**
 * Refuses files that the provider would refuse, before anything is sent.
 *
 * @throws {ModelFailure} INVALID_REQUEST
 */
export function requireFileLimits(messages: readonly ModelMessage[], limits: FileLimits): void {
  const files = messages.flatMap(({ parts }) => filesIn(parts));
  if (files.length === 0) return;
  const { provider, images, imageLength, pdfBytes, requestLength, imageTypes } = limits;
  const pictures = files.filter(({ mediaType }) => mediaType.startsWith('image/'));
  if (pictures.length > images) {
    refuse(`${provider} takes at most ${images} images in one request, and this one has ${pictures.length}.`);
  }
  for (const { mediaType, data } of pictures) {
    if (!imageTypes.has(mediaType)) refuse(`${provider} takes no images of the type ${mediaType}.`);
    if (imageLength !== undefined && data.length > imageLength) {
      refuse(`An image is too large for ${provider}, which takes at most ${megabytes(imageLength)} in base64.`);
    }
  }
  const isLarge = ({ mediaType, data }: FilePart) =>
    mediaType === 'application/pdf' && data.length * 0.75 > (pdfBytes ?? Number.POSITIVE_INFINITY);
  if (pdfBytes !== undefined && files.some(isLarge)) {
    refuse(`A PDF is too large for ${provider}, which takes at most ${megabytes(pdfBytes)}.`);
  }
  const length = files.reduce((sum, { data }) => sum + data.length, 0);
  if (requestLength !== undefined && length > requestLength) {
    refuse(
      `The files are too large together for ${provider}, which takes at most ${megabytes(requestLength)} a request.`,
    );
  }
}

/** The files among parts, those of tools' results too. */
export function filesIn(parts: readonly MessagePart[]): FilePart[] {
  return parts.flatMap((part) => {
    if (part.type === 'file') return [part];
    return part.type === 'toolResult' ? filesIn(part.content) : [];
  });
}

function megabytes(length: number): string {
  return `${length / MEGABYTE} MB`;
}

function refuse(message: string): never {
  throw new ModelFailure('INVALID_REQUEST', message);
}

/** Whether a file of the type is a text that a model can be sent as such. */
export function isTextType(mediaType: string): boolean {
  return mediaType.startsWith('text/') || /^application\/(?:json|xml|yaml|javascript)$|\+(?:json|xml)$/.test(mediaType);
}

/** A text file as a text, for APIs that take no such files: marked by its name, so that the model can tell it apart. */
export function textOfFile({ data, name }: FilePart): string {
  const text = Buffer.from(data, 'base64').toString('utf8');
  const attribute = name === null ? '' : ` name="${name.replace(/[<>"&\n\r]/g, '_')}"`;
  return `<file${attribute}>\n${text}\n</file>`;
}
