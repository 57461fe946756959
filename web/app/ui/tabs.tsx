import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from 'react';
import { classes } from './classes.ts';

interface TabsProps {
  label: string;
  tabs: readonly { id: string; name: string; content: ReactNode }[];
}

/**
 * Views of the same thing in one place, of which one is shown. The arrow keys go from tab to tab. A package's tabs would
 * not do: they come with style attributes, which the page's Content-Security-Policy refuses.
 */
export function Tabs({ label, tabs }: TabsProps) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState(0);
  const current = tabs[chosen] ?? tabs[0];

  function onKeyDown(event: KeyboardEvent): void {
    const last = tabs.length - 1;
    const next = new Map([
      ['ArrowRight', chosen === last ? 0 : chosen + 1],
      ['ArrowLeft', chosen === 0 ? last : chosen - 1],
      ['Home', 0],
      ['End', last],
    ]).get(event.key);
    if (next === undefined) return;
    event.preventDefault();
    setChosen(next);
    (list.current?.children[next] as HTMLElement | undefined)?.focus();
  }

  return (
    <div className="flex min-w-0 flex-col gap-3">
      <div
        ref={list}
        role="tablist"
        aria-label={label}
        className="flex w-fit max-w-full overflow-x-auto rounded-md border bg-muted p-0.5"
        onKeyDown={onKeyDown}
      >
        {tabs.map((tab, index) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`${id}-${tab.id}`}
            aria-selected={tab === current}
            aria-controls={tab === current ? `${id}-panel` : undefined}
            tabIndex={tab === current ? 0 : -1}
            className={classes(
              'rounded-sm px-3 py-1 text-sm whitespace-nowrap -outline-offset-2 max-md:px-1.5',
              tab === current ? 'bg-card font-medium' : 'text-muted-foreground hover:text-foreground',
            )}
            onClick={() => setChosen(index)}
          >
            {tab.name}
          </button>
        ))}
      </div>
      {current ? (
        <div
          key={current.id}
          role="tabpanel"
          id={`${id}-panel`}
          aria-labelledby={`${id}-${current.id}`}
          className="flex min-w-0 flex-col gap-3"
        >
          {current.content}
        </div>
      ) : null}
    </div>
  );
}
