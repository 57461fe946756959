import { answers as texts } from 'texts:chat';
import { useEffect, useMemo, useReducer, useRef, useSyncExternalStore } from 'react';
import { useBrowserLayoutEffect } from '../../ui/browser/layout-effect.ts';

type Typesetter = typeof import('./typesetter.ts');

let typesetter: Typesetter | null = null;
let asked = false;
const waiting = new Set<() => void>();

/** Loads the typesetter for the first formula: most answers have none. */
async function load(): Promise<void> {
  if (asked) return;
  asked = true;
  try {
    typesetter = await import('./typesetter.ts');
  } catch {
    // The next formula asks again.
    asked = false;
  }
  for (const listener of waiting) listener();
}

/**
 * A formula, in the line or apart. It is shown as it was written until it is typeset, or if it cannot be.
 *
 * @param raw the formula with the signs around it, if it has any
 */
export function Formula({ raw, apart }: { raw: string; apart: boolean }) {
  const ready = useSyncExternalStore(
    subscribe,
    () => typesetter,
    () => null,
  );
  const source = useMemo(() => sourceOf(raw), [raw]);
  const isMissingPart = useMissingPart(ready, source);
  const markup = useMemo(
    () => (ready && !isMissingPart ? ready.typeset(source, apart) : null),
    [ready, isMissingPart, source, apart],
  );
  const ref = useRef<HTMLElement>(null);
  useBrowserLayoutEffect(() => {
    for (const element of ref.current?.querySelectorAll<HTMLElement>('[data-style]') ?? []) {
      element.style.cssText = element.dataset.style ?? '';
    }
  }, [markup]);
  if (markup === null) return <FormulaSource raw={raw} apart={apart} waiting={!ready || isMissingPart} />;
  // KaTeX makes this markup, and escapes in it all that the model wrote.
  const inside = { ref, dangerouslySetInnerHTML: { __html: markup } };
  return apart ? (
    <section
      dir="ltr"
      className="formula-apart"
      data-scrolls-sideways
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable by keyboard
      tabIndex={0}
      aria-label={texts.formula}
      {...inside}
    />
  ) : (
    <span dir="ltr" {...inside} />
  );
}

interface FormulaSourceProps {
  raw: string;
  apart: boolean;
  /** Whether the formula is yet to be typeset. */
  waiting?: boolean;
}

/** A formula as it was written. */
export function FormulaSource({ raw, apart, waiting = false }: FormulaSourceProps) {
  const state = waiting ? 'waiting' : 'source';
  if (apart) {
    return (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable by keyboard
      <pre dir="ltr" className={box} data-formula={state} data-scrolls-sideways tabIndex={0}>
        {raw}
      </pre>
    );
  }
  return (
    <code dir="ltr" data-formula={state}>
      {raw}
    </code>
  );
}

const box = 'overflow-x-auto rounded-md border bg-code px-3 py-2 font-mono text-sm';

/** Whether the typesetter lacks a part for this formula. If so, the part is loaded. */
function useMissingPart(ready: Typesetter | null, source: string): boolean {
  const [, look] = useReducer((looks: number) => looks + 1, 0);
  const isMissing = ready?.needsChemistry(source) ?? false;
  useEffect(() => {
    if (!ready || !isMissing) return;
    let wanted = true;
    const again = () => {
      if (wanted) look();
    };
    // If the part cannot be loaded, the source stays.
    ready.loadChemistry().then(again, () => {});
    return () => {
      wanted = false;
    };
  }, [ready, isMissing]);
  return isMissing;
}

/** The LaTeX in `raw`, without the signs around it, a quotation's signs and comments. */
function sourceOf(raw: string): string {
  const inner = /^(?:\\\(([\s\S]*)\\\)|\\\[([\s\S]*)\\\]|\$\$([\s\S]*)\$\$|\$([\s\S]*)\$)$/.exec(raw);
  const source = inner?.slice(1).find((part) => part !== undefined) ?? raw;
  return source
    .replaceAll(/(?<!\\)%.*/g, '')
    .replaceAll(/\s*\n[\s>]*/g, ' ')
    .trim();
}

function subscribe(listener: () => void): () => void {
  void load();
  waiting.add(listener);
  return () => waiting.delete(listener);
}
