import type { PDFDocumentProxy } from 'pdfjs-dist';
import workerAddress from 'pdfjs-dist/build/pdf.worker.min.mjs?url';

/** A PDF that is open. */
export interface Pdf {
  pages: number;
  /** Of the first page, in CSS pixels at its own size. */
  width: number;
  /** The height of the first page by its width. */
  ratio: number;
  /** From 1. Rejects if the page is broken. */
  page(number: number): Promise<PdfPage>;
}

export interface PdfPage {
  /** The height by the width. */
  ratio: number;
  /** Draws it so wide, in CSS pixels. Returns what breaks that off. */
  draw(canvas: HTMLCanvasElement, width: number): () => void;
}

/** Device pixels of one page: a larger canvas takes more memory than a phone gives. */
const pixelsMax = 8_000_000;
/** CSS pixels of a point, in which a PDF measures. */
const pixelsOfPoint = 96 / 72;

/** Opens a PDF in a worker, which runs no script of the file. It is closed when the signal is aborted. */
export async function openPdf(address: string, signal: AbortSignal): Promise<Pdf> {
  const { getDocument, GlobalWorkerOptions } = await import('pdfjs-dist');
  GlobalWorkerOptions.workerSrc = workerAddress;
  const response = await fetch(address, { signal });
  if (!response.ok) throw new Error(`The file could not be loaded: ${response.status}.`);
  const loading = getDocument({
    data: await response.arrayBuffer(),
    isEvalSupported: false,
    enableXfa: false,
    useSystemFonts: true,
  });
  signal.addEventListener('abort', () => void loading.destroy());
  return toPdf(await loading.promise);
}

async function toPdf(opened: PDFDocumentProxy): Promise<Pdf> {
  const first = (await opened.getPage(1)).getViewport({ scale: 1 });
  return {
    pages: opened.numPages,
    width: first.width * pixelsOfPoint,
    ratio: first.height / first.width,
    async page(number) {
      const page = await opened.getPage(number);
      const own = page.getViewport({ scale: 1 });
      return {
        ratio: own.height / own.width,
        draw(canvas, width) {
          const wanted = (width / own.width) * devicePixelRatio;
          const scale = Math.min(wanted, Math.sqrt(pixelsMax / (own.width * own.height)));
          const viewport = page.getViewport({ scale });
          canvas.width = Math.floor(viewport.width);
          canvas.height = Math.floor(viewport.height);
          const task = page.render({ canvas, viewport });
          // Breaking off rejects it.
          task.promise.catch(() => {});
          return () => task.cancel();
        },
      };
    },
  };
}
