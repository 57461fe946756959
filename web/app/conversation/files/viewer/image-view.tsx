import { viewer as texts } from 'texts:tools';
import { useRef, useState } from 'react';
import { classes } from '../../../ui/classes.ts';
import { useKeptCentre } from './kept-centre.ts';
import { type Zoom, ZoomButtons } from './zoom-buttons.tsx';

/** An image, at first as large as there is room. A press shows it in its own size, and again fits it. */
export function ImageView({ address, name }: { address: string; name: string }) {
  const [zoom, setZoom] = useState<Zoom>('fit');
  const [natural, setNatural] = useState(0);
  const [isMissing, setMissing] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useKeptCentre(box, zoom);
  if (isMissing) return <p className="text-sm text-destructive">{texts.imageBroken}</p>;
  return (
    <div className="relative min-h-0 flex-1">
      <section
        ref={box}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it
        tabIndex={0}
        aria-label={texts.image}
        className={classes(
          'grid size-full overflow-auto rounded-md border bg-muted',
          zoom === 'fit' && 'place-items-center',
        )}
      >
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: the buttons do the same by keyboard */}
        <img
          src={address}
          alt={name}
          className={classes(
            'm-auto select-none',
            zoom === 'fit' ? 'max-h-full max-w-full cursor-zoom-in object-contain' : 'max-w-none cursor-zoom-out',
          )}
          style={zoom === 'fit' || natural === 0 ? undefined : { width: natural * zoom }}
          onLoad={({ currentTarget }) => setNatural(currentTarget.naturalWidth)}
          onError={() => setMissing(true)}
          onClick={() => setZoom(zoom === 'fit' ? 1 : 'fit')}
        />
      </section>
      <ZoomButtons zoom={zoom} onZoom={setZoom} />
    </div>
  );
}
