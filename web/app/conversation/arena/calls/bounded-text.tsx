import { calls as texts } from 'texts:tools';
import { useState } from 'react';
import { Button } from '../../../ui/button.tsx';

const shownAtFirst = 2000;

/** A text that somebody else wrote, as it is: its beginning, and all of it if that is asked for. */
export function BoundedText({ label, text }: { label: string; text: string }) {
  const [whole, setWhole] = useState(text.length <= shownAtFirst);
  const shown = whole || text.length <= shownAtFirst ? text : text.slice(0, shownAtFirst);
  return (
    <div className="flex flex-col items-start gap-1">
      <p className="text-xs font-medium">{label}</p>
      <PlainText label={label} text={shown} />
      {shown.length < text.length ? (
        <Button size="small" variant="ghost" className="px-2" onClick={() => setWhole(true)}>
          {texts.showAll({ count: text.length })}
        </Button>
      ) : null}
    </div>
  );
}

/** A text in a box that scrolls, also by keys. */
export function PlainText({ label, text }: { label: string; text: string }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a box that scrolls has to be reached by keys, and named
    <div
      role="region"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: keys scroll it
      tabIndex={0}
      dir="auto"
      className="max-h-72 min-h-8 w-full overflow-y-auto rounded-md bg-muted px-3 py-2 font-mono text-xs whitespace-pre-wrap wrap-anywhere text-foreground"
    >
      {text}
    </div>
  );
}
