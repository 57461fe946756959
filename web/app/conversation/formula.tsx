import { useMemo, useRef, useSyncExternalStore } from 'react';
import { useBrowserLayoutEffect } from '../ui/layout-effect.ts';

type Typeset = typeof import('./typesetter.ts').typeset;

let typeset: Typeset | null = null;
let asked = false;
const waiting = new Set<() => void>();

/** Fetched by the first formula there is: most answers have none. */
async function load(): Promise<void> {
  if (asked) return;
  asked = true;
  try {
    typeset = (await import('./typesetter.ts')).typeset;
  } catch {
    // The next formula asks again.
    asked = false;
  }
  for (const listener of waiting) listener();
}

/** A formula, in the line or apart; its source where it cannot be typeset, or not yet. */
export function Formula({ source, apart }: { source: string; apart: boolean }) {
  const ready = useSyncExternalStore(
    subscribe,
    () => typeset,
    () => null,
  );
  const markup = useMemo(() => ready?.(source, apart) ?? null, [ready, source, apart]);
  const ref = useRef<HTMLElement>(null);
  useBrowserLayoutEffect(() => {
    for (const element of ref.current?.querySelectorAll<HTMLElement>('[data-style]') ?? []) {
      element.style.cssText = element.dataset.style ?? '';
    }
  }, [markup]);
  if (markup === null) {
    const signs = apart ? `\\[ ${source} \\]` : `\\(${source}\\)`;
    return apart ? <p dir="ltr">{signs}</p> : <span dir="ltr">{signs}</span>;
  }
  // KaTeX's own markup, in which all that was written is escaped.
  const inside = { ref, dangerouslySetInnerHTML: { __html: markup } };
  return apart ? (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable by keyboard
    <section dir="ltr" className="formula-apart" data-scrolls-sideways tabIndex={0} aria-label="Formula" {...inside} />
  ) : (
    <span dir="ltr" {...inside} />
  );
}

function subscribe(listener: () => void): () => void {
  void load();
  waiting.add(listener);
  return () => waiting.delete(listener);
}
