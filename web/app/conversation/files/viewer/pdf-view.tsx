import { viewer as texts } from 'texts:tools';
import { useEffect, useRef, useState } from 'react';
import { useKeptCentre } from './kept-centre.ts';
import { openPdf, type Pdf, type PdfPage } from './pdf.ts';
import { type Zoom, ZoomButtons } from './zoom-buttons.tsx';

/** The pages of a PDF, one below the other. A page is drawn when it comes near. */
export function PdfView({ address }: { address: string }) {
  const { pdf, isBroken } = usePdf(address);
  const [zoom, setZoom] = useState<Zoom>('fit');
  const [at, setAt] = useState(1);
  const box = useRef<HTMLDivElement>(null);
  useKeptCentre(box, zoom);
  const width = useWidth(box, pdf);
  if (isBroken) return <p className="text-sm text-destructive">{texts.pagesBroken}</p>;
  if (!pdf) return <div className="flex-1 animate-breathe rounded-md bg-muted" aria-hidden="true" />;
  return (
    <div className="relative min-h-0 flex-1">
      <section
        ref={box}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it
        tabIndex={0}
        aria-label={texts.pages}
        className="size-full overflow-auto rounded-md border bg-muted p-3"
        onScroll={({ currentTarget }) => setAt(pageAtMiddle(currentTarget))}
      >
        <div className="flex w-max min-w-full flex-col items-center gap-3">
          {Array.from({ length: pdf.pages }, (_, index) => (
            <Page
              // biome-ignore lint/suspicious/noArrayIndexKey: the pages of a file never change
              key={index}
              pdf={pdf}
              number={index + 1}
              width={zoom === 'fit' ? Math.max(200, width - 24) : pdf.width * zoom}
              box={box}
            />
          ))}
        </div>
      </section>
      <p className="figures absolute bottom-3 start-3 rounded-md border bg-popover px-2 py-1 text-sm shadow-float">
        {texts.pageOf({ at, count: pdf.pages })}
      </p>
      <ZoomButtons zoom={zoom} onZoom={setZoom} />
    </div>
  );
}

function usePdf(address: string): { pdf: Pdf | null; isBroken: boolean } {
  const [opened, setOpened] = useState<{ address: string; pdf: Pdf | null } | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    openPdf(address, signal).then(
      (pdf) => {
        if (!signal.aborted) setOpened({ address, pdf });
      },
      () => {
        if (!signal.aborted) setOpened({ address, pdf: null });
      },
    );
    return () => controller.abort();
  }, [address]);
  const own = opened?.address === address ? opened : null;
  return { pdf: own?.pdf ?? null, isBroken: own !== null && own.pdf === null };
}

/** The room that the pages have, in CSS pixels. */
function useWidth(box: React.RefObject<HTMLElement>, pdf: Pdf | null): number {
  const [width, setWidth] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the box is there once the file is open
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [box, pdf]);
  return Math.min(width, 1000);
}

/** The number of the page in the middle of the box, from 1. */
function pageAtMiddle(box: HTMLElement): number {
  const { top, height } = box.getBoundingClientRect();
  const pages = [...(box.firstElementChild?.children ?? [])];
  const next = pages.findIndex((page) => page.getBoundingClientRect().top > top + height / 2);
  return next === -1 ? pages.length : Math.max(1, next);
}

interface PageProps {
  pdf: Pdf;
  /** From 1. */
  number: number;
  /** CSS pixels. */
  width: number;
  box: React.RefObject<HTMLElement>;
}

function Page({ pdf, number, width, box }: PageProps) {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [page, setPage] = useState<PdfPage | null>(null);
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const near = new IntersectionObserver((entries) => setNear(entries.some(({ isIntersecting }) => isIntersecting)), {
      root: box.current,
      rootMargin: '100% 0px',
    });
    near.observe(element);
    return () => near.disconnect();
  }, [box]);
  useEffect(() => {
    if (!isNear || page) return;
    let isWanted = true;
    void pdf.page(number).then((loaded) => {
      if (isWanted) setPage(loaded);
    });
    return () => {
      isWanted = false;
    };
  }, [pdf, number, isNear, page]);
  useEffect(() => {
    const element = canvas.current;
    if (!element || !page || !isNear) return;
    return page.draw(element, width);
  }, [page, isNear, width]);
  const ratio = page?.ratio ?? pdf.ratio;
  return (
    <div
      ref={frame}
      role="img"
      aria-label={texts.page({ number })}
      className="shrink-0 bg-white shadow-float"
      style={{ width, height: width * ratio }}
    >
      {isNear ? <canvas ref={canvas} className="block size-full" /> : null}
    </div>
  );
}
