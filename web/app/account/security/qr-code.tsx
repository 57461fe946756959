import { useEffect, useState } from 'react';

interface Drawing {
  path: string;
  size: number;
}

/** The text as a QR code, dark on light in either theme, which cameras need. The text never leaves the browser. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const [drawing, setDrawing] = useState<Drawing | null>(null);
  useEffect(() => {
    let shown = true;
    // Only who sets up a second factor needs it.
    void import('uqr').then(({ encode }) => {
      const { data, size } = encode(text, { border: 3 });
      if (shown) setDrawing({ path: pathOf(data), size });
    });
    return () => {
      shown = false;
    };
  }, [text]);
  return (
    <div className="size-48 overflow-hidden rounded-md border">
      {drawing ? (
        <svg viewBox={`0 0 ${drawing.size} ${drawing.size}`} role="img" aria-label={label} shapeRendering="crispEdges">
          <rect width={drawing.size} height={drawing.size} fill="white" />
          <path d={drawing.path} fill="black" />
        </svg>
      ) : null}
    </div>
  );
}

function pathOf(rows: boolean[][]): string {
  // not read by people: a drawing
  return rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('');
}
