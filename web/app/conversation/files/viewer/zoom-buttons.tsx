import { Maximize, Minus, Plus } from 'lucide-react';
import { Button } from '../../../ui/button.tsx';

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
      aria-label="Zoom"
      className="absolute right-3 bottom-3 flex items-center rounded-md border bg-popover shadow-float"
    >
      <Button
        variant="ghost"
        size="icon"
        className={look}
        aria-label="Smaller"
        disabled={factor <= least}
        onClick={() => step(1 / 1.25)}
      >
        <Minus />
      </Button>
      <span className="figures w-12 text-center text-sm" aria-live="polite">
        {zoom === 'fit' ? 'Fit' : `${Math.round(zoom * 100)} %`}
      </span>
      <Button
        variant="ghost"
        size="icon"
        className={look}
        aria-label="Larger"
        disabled={factor >= most}
        onClick={() => step(1.25)}
      >
        <Plus />
      </Button>
      <Button
        variant="ghost"
        size="icon"
        className={look}
        aria-label="Fit"
        disabled={zoom === 'fit'}
        onClick={() => onZoom('fit')}
      >
        <Maximize />
      </Button>
    </fieldset>
  );
}
