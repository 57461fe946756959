import { answers as texts } from 'texts:chat';
import { type RefObject, useEffect, useRef, useState } from 'react';
import { painter } from './painter.ts';

/** Longer sources, in characters or lines, are not drawn: the time of some layouts grows with the square of the source. */
const [lengthMax, linesMax] = [10_000, 300];
/** Drawings are begun this far beyond the view. */
const margin = '400px';

export function canBeDrawn(language: string, source: string): boolean {
  return language === 'mermaid' && source.length <= lengthMax && source.split('\n').length <= linesMax;
}

export type DrawingState = 'waiting' | 'drawn' | 'broken';

interface DrawingProps {
  source: string;
  /** Whether the drawing is visible. One that is being made, or whose source is shown instead, is not. */
  shown: boolean;
  onState(state: DrawingState): void;
}

/**
 * A drawing, which is made once it is near the view. The page shows it as an image, in which no script runs; until it is
 * made it takes no room.
 */
export function Drawing({ source, shown, onState }: DrawingProps) {
  const place = useRef<HTMLDivElement>(null);
  const isNear = useNear(place);
  const isDark = useDark();
  const [svg, setSvg] = useState<string | null>(null);
  useEffect(() => {
    if (!isNear) return;
    return painter.order(source, isDark, (drawn) => {
      setSvg(drawn);
      onState(drawn === null ? 'broken' : 'drawn');
    });
  }, [isNear, source, isDark, onState]);
  return (
    <div ref={place} className={shown ? 'overflow-x-auto p-3' : 'h-0 overflow-hidden'}>
      {shown && svg !== null ? <img src={addressOf(svg)} alt={texts.drawing} className="mx-auto max-w-full" /> : null}
    </div>
  );
}

/** A `data:` address has no origin: an image that is opened in a tab of its own can still do nothing here. */
function addressOf(svg: string): string {
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
}

/** Whether the element is, or once was, in the view or near it. */
function useNear(ref: RefObject<HTMLElement>): boolean {
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    if (!ref.current) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (!entry?.isIntersecting) return;
        setNear(true);
        observer.disconnect();
      },
      { rootMargin: margin },
    );
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, [ref]);
  return isNear;
}

function useDark(): boolean {
  const [isDark, setDark] = useState(() => scheme().matches);
  useEffect(() => {
    const query = scheme();
    const look = () => setDark(query.matches);
    query.addEventListener('change', look);
    return () => query.removeEventListener('change', look);
  }, []);
  return isDark;
}

function scheme(): MediaQueryList {
  return matchMedia('(prefers-color-scheme: dark)');
}
