import { useEffect, useMemo, useReducer, useRef, useSyncExternalStore } from 'react';
import { useBrowserLayoutEffect } from '../../ui/browser/layout-effect.ts';

type Typesetter = typeof import('./typesetter.ts');

let typesetter: Typesetter | null = null;
let asked = false;
const waiting = new Set<() => void>();

/** Fetched by the first formula there is: most answers have none. */
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
 * A formula, in the line or apart; as it was written where it cannot be typeset, or not yet.
 *
 * @param raw with the signs around it, if it has any
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
  // KaTeX's own markup, in which all that was written is escaped.
  const inside = { ref, dangerouslySetInnerHTML: { __html: markup } };
  return apart ? (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable by keyboard
    <section dir="ltr" className="formula-apart" data-scrolls-sideways tabIndex={0} aria-label="Formula" {...inside} />
  ) : (
    <span dir="ltr" {...inside} />
  );
}

interface FormulaSourceProps {
  raw: string;
  apart: boolean;
  /** Whether it will be typeset. */
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

/** Whether the typesetter lacks a part for this formula, which is being fetched then. */
function useMissingPart(ready: Typesetter | null, source: string): boolean {
  const [, look] = useReducer((looks: number) => looks + 1, 0);
  const isMissing = ready?.needsChemistry(source) ?? false;
  useEffect(() => {
    if (!ready || !isMissing) return;
    let wanted = true;
    const again = () => {
      if (wanted) look();
    };
    // Where it cannot be had, the source stays.
    ready.loadChemistry().then(again, () => {});
    return () => {
      wanted = false;
    };
  }, [ready, isMissing]);
  return isMissing;
}

/** Without the signs around it, the quotation's signs and the remarks in it. */
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
