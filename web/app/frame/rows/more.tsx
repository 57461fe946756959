import { list as texts } from 'texts:chat';
import { type ReactNode, useEffect, useRef } from 'react';
import { useBrowserLayoutEffect } from '../../ui/browser/layout-effect.ts';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import type { Progress } from '../conversation-list-state.ts';

interface MoreProps {
  /** Where the next page begins. */
  cursor: string;
  progress: Progress;
  loadMore: () => void;
  retry: () => void;
}

/** A button that loads the next page when it comes into view or is pressed. After a failure it waits to be pressed. */
export function More({ cursor, progress, loadMore, retry }: MoreProps) {
  const ref = useRef<HTMLButtonElement>(null);
  const latest = useRef(loadMore);
  useBrowserLayoutEffect(() => {
    latest.current = loadMore;
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs once for each end of the list, as the next end may be in view too
  useEffect(() => {
    const button = ref.current;
    if (!button) return;
    const seen = new IntersectionObserver(([entry]) => entry?.isIntersecting && latest.current());
    seen.observe(button);
    return () => seen.disconnect();
  }, [cursor]);
  const failed = progress === 'failed';
  return (
    <Attempt failure={failed ? texts.moreNotLoaded : null}>
      <Button
        ref={ref}
        variant="ghost"
        size="small"
        className={failed ? wayOn : 'flex-1 aria-disabled:opacity-50 max-md:h-[44px]'}
        // `aria-disabled`, because a button that is `disabled` loses the focus.
        aria-disabled={progress === 'loading'}
        onClick={failed ? retry : loadMore}
      >
        {failed ? texts.tryAgain : texts.showMore}
      </Button>
    </Attempt>
  );
}

export const wayOn = 'text-primary hover:text-primary';

/** A button, beside a line that says what could not be loaded. */
export function Attempt({
  failure,
  className,
  children,
}: {
  failure: string | null;
  className?: string;
  children: ReactNode;
}) {
  return (
    <div className={classes('mt-1 flex items-center justify-between gap-2 text-sm text-muted-foreground', className)}>
      <p role="status" className="ps-3 empty:hidden">
        {failure}
      </p>
      {children}
    </div>
  );
}
