import { useEffect, useRef, useState } from 'react';

/** What is drawn at most, in characters and lines: the time of some layouts grows with the square of what they lay out. */
const [lengthMax, linesMax] = [10_000, 300];
/** How long a drawing may take before it is given up, in milliseconds: the library is fetched in this time too. */
const patienceMs = 30_000;
/** How far beyond the view drawings are begun, in pixels. */
const margin = '400px';

export function canBeDrawn(language: string, source: string): boolean {
  return language === 'mermaid' && source.length <= lengthMax && source.split('\n').length <= linesMax;
}

export type DrawingState = 'waiting' | 'drawn' | 'broken';

interface DrawingProps {
  source: string;
  state: DrawingState;
  /** Whether it has its place in the page; one that is being made, or is not wanted now, has none. */
  shown: boolean;
  onState(state: DrawingState): void;
}

/** A drawing, made in a sandboxed frame once it is near the view. It takes no place until it is made. */
export function Drawing({ source, state, shown, onState }: DrawingProps) {
  const place = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLIFrameElement>(null);
  const isNear = useNear(place);
  const isDark = useDark();
  const [height, setHeight] = useState(0);
  useEffect(() => {
    if (!isNear) return;
    const draw = () => frame.current?.contentWindow?.postMessage({ source, isDark }, '*');
    const giveUp = setTimeout(() => onState('broken'), patienceMs);
    const listen = ({ source: sender, data }: MessageEvent) => {
      if (!sender || sender !== frame.current?.contentWindow) return;
      if (data?.isReady === true) return draw();
      clearTimeout(giveUp);
      if (typeof data?.height !== 'number') return onState('broken');
      setHeight(Math.min(data.height, 4_000));
      onState('drawn');
    };
    addEventListener('message', listen);
    // It may be ready since before: nobody listens there until then.
    draw();
    return () => {
      clearTimeout(giveUp);
      removeEventListener('message', listen);
    };
  }, [isNear, source, isDark, onState]);
  return (
    <div ref={place} className={shown ? 'p-3' : 'relative h-0 overflow-hidden'} aria-hidden={!shown}>
      {isNear && state !== 'broken' ? (
        <iframe
          ref={frame}
          src="/drawing"
          sandbox="allow-scripts"
          title="Drawing"
          tabIndex={-1}
          className={shown ? 'block w-full' : 'invisible absolute inset-x-3 top-0 w-full'}
          height={Math.max(height, 1)}
        />
      ) : null}
    </div>
  );
}

/** Whether it is, or once was, in the view or near it. */
function useNear(ref: React.RefObject<HTMLElement>): boolean {
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
