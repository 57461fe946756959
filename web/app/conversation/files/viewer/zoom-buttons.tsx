import { viewer as texts } from 'texts:tools';
import { Maximize, Minus, Plus } from 'lucide-react';
import { Button } from '../../../ui/button.tsx';
import { formatPercent } from '../../../ui/figures.ts';

/** `fit`: as large as there is room; else a factor of its own size. */
export type Zoom = 'fit' | number;

const least = 0.25;
const most = 4;

/** Larger, smaller and fitting, over the corner of what they zoom. */
export function ZoomButtons({ zoom, onZoom }: { zoom: Zoom; onZoom: (zoom: Zoom) => void }) {
  const factor = zoom === 'fit' ? 1 : zoom;
  const step = (by: number) => onZoom(Math.min(most, Math.max(least, factor * by)));
  const look = 'max-md:size-[44px]';
  return (
    <fieldset
      aria-label={texts.zoom}
      className="absolute end-3 bottom-3 flex items-center rounded-md border bg-popover shadow-float"
    >
      <Button
        variant="ghost"
        size="icon"
        className={look}
        aria-label={texts.smaller}
        disabled={factor <= least}
        onClick={() => step(1 / 1.25)}
      >
        <Minus />
      </Button>
      <span className="figures w-12 text-center text-sm" aria-live="polite">
        {zoom === 'fit' ? texts.fit : formatPercent(zoom)}
      </span>
      <Button
        variant="ghost"
        size="icon"
        className={look}
        aria-label={texts.larger}
        disabled={factor >= most}
        onClick={() => step(1.25)}
      >
        <Plus />
      </Button>
      <Button
        variant="ghost"
        size="icon"
        className={look}
        aria-label={texts.fit}
        disabled={zoom === 'fit'}
        onClick={() => onZoom('fit')}
      >
        <Maximize />
      </Button>
    </fieldset>
  );
}
