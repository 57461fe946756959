import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PDFDocumentProxy, PDFPageProxy } from 'pdfjs-dist';
import { FileRefusedError } from '../../ports/file-reader.ts';
import { PAGES_MAX, THUMBNAIL_SIDE_MAX } from '../limits.ts';
import type { ReadParts } from '../read-parts.ts';
import { broken, isProtected } from '../refusals.ts';
import { WrittenText } from './written-text.ts';

/** How long the picture of a page may take. */
const DRAWING_MS_MAX = 5_000;

/**
 * Reads a PDF: its text with a mark before each page, and a picture of its first page where this system can draw it. The
 * PDF itself is kept as it is. One that is protected is refused even if it opens without a password: not every provider
 * reads such.
 *
 * @throws FileRefusedError
 */
export async function readPdf(path: string): Promise<ReadParts> {
  const folder = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'));
  const { getDocument, VerbosityLevel } = await loadPdfJs(folder);
  const within = (name: string) => `${join(folder, name)}${sep}`;
  const task = getDocument({
    data: new Uint8Array(await readFile(path)),
    isEvalSupported: false,
    enableXfa: false,
    useSystemFonts: false,
    useWorkerFetch: false,
    // Old PDFs in Chinese, Japanese or Korean name their characters by these tables.
    cMapUrl: within('cmaps'),
    standardFontDataUrl: within('standard_fonts'),
    wasmUrl: within('wasm'),
    verbosity: VerbosityLevel.ERRORS,
  });
  try {
    const document = await task.promise.catch(refuse);
    const { numPages: pages } = document;
    if (pages < 1) throw broken('PDF');
    if (pages > PAGES_MAX) throw new FileRefusedError('TOO_MANY_PAGES', `This PDF has more than ${PAGES_MAX} pages.`);
    if (await isEncrypted(document)) throw isProtected('PDF');
    const text = await textOf(document).catch(refuse);
    return {
      kind: 'PDF',
      mediaType: 'application/pdf',
      extensions: ['pdf'],
      pages,
      text,
      thumbnailPath: await draw(document, `${path}.thumbnail`),
    };
  } finally {
    await task.destroy();
  }
}

/**
 * Loads PDF.js from its folder, in the form that is read fastest. It draws with a package that not every system has; without
 * that it needs a class of browsers all the same.
 */
async function loadPdfJs(folder: string): Promise<typeof import('pdfjs-dist')> {
  try {
    createRequire(join(folder, 'package.json'))('@napi-rs/canvas');
  } catch {
    Object.assign(globalThis, { DOMMatrix: class {} });
  }
  const build = (name: string) => pathToFileURL(join(folder, 'legacy/build', name)).href;
  const pdfjs: typeof import('pdfjs-dist') = await import(build('pdf.min.mjs'));
  pdfjs.GlobalWorkerOptions.workerSrc = build('pdf.worker.min.mjs');
  return pdfjs;
}

function refuse(error: unknown): never {
  if (error instanceof FileRefusedError) throw error;
  if (error instanceof Error && error.name === 'PasswordException') throw isProtected('PDF');
  throw broken('PDF');
}

async function isEncrypted(document: PDFDocumentProxy): Promise<boolean> {
  const { info } = await document.getMetadata().catch(refuse);
  return Boolean((info as { EncryptFilterName?: unknown }).EncryptFilterName);
}

/** Null if no page has any. */
async function textOf(document: PDFDocumentProxy): Promise<string | null> {
  const text = new WrittenText();
  let isEmpty = true;
  for (let number = 1; number <= document.numPages; number++) {
    const page = await document.getPage(number);
    const said = await pageText(page);
    if (said !== '') isEmpty = false;
    text.write(`\n[Page ${number}]\n${said}\n`);
    page.cleanup();
  }
  return isEmpty ? null : text.take();
}

async function pageText(page: PDFPageProxy): Promise<string> {
  const text = new WrittenText();
  const reader = page.streamTextContent().getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    for (const item of read.value.items) if ('str' in item) text.write(item.hasEOL ? `${item.str}\n` : item.str);
  }
  return text.take();
}

/** Draws the first page. Null where it cannot be drawn: then there is no picture, and no harm. */
async function draw(document: PDFDocumentProxy, path: string): Promise<string | null> {
  try {
    const page = await document.getPage(1);
    const { width, height } = page.getViewport({ scale: 1 });
    const viewport = page.getViewport({ scale: Math.min(THUMBNAIL_SIDE_MAX / width, THUMBNAIL_SIDE_MAX / height) });
    const factory = document.canvasFactory as CanvasFactory;
    const { canvas, context } = factory.create(Math.ceil(viewport.width), Math.ceil(viewport.height));
    const drawing = page.render({ canvas: null, canvasContext: context, viewport, background: '#ffffff' });
    const endsAt = performance.now() + DRAWING_MS_MAX;
    drawing.onContinue = (goOn: () => void) => {
      if (performance.now() < endsAt) setImmediate(goOn);
      else drawing.cancel();
    };
    await drawing.promise;
    await writeFile(path, canvas.toBuffer('image/webp'));
    return path;
  } catch {
    return null;
  }
}

interface CanvasFactory {
  create(
    width: number,
    height: number,
  ): { canvas: { toBuffer(type: 'image/webp'): Buffer }; context: CanvasRenderingContext2D };
}
