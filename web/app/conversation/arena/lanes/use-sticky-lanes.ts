import { type RefObject, useEffect } from 'react';

/**
 * Lets an answer that is shorter than its neighbours stay in sight while they are read. One that fits stays with its head
 * at the top, by the style sheet alone. One that is higher than the arena has to scroll until its end is in sight, and
 * stays there: for that its place is set here, only while that moves nothing.
 */
export function useStickyLanes(row: RefObject<HTMLElement>, count: number): void {
  useEffect(() => {
    const arena = row.current?.closest<HTMLElement>('.arena');
    if (!row.current || !arena || count < 2) return;
    /** How far above the arena's top each answer that is too high may go, until its place is set. */
    const due = new Map<HTMLElement, number>();
    const place = () => {
      const free: [HTMLElement, number][] = [];
      for (const [article, over] of due) {
        const lane = article.parentElement;
        if (lane && article.getBoundingClientRect().top - lane.getBoundingClientRect().top < 1)
          free.push([article, over]);
      }
      for (const [article, over] of free) {
        due.delete(article);
        article.style.setProperty('--over', `${over}px`);
      }
    };
    const resized = new ResizeObserver((entries) => {
      if (entries.every(({ target }) => isWritten(target as HTMLElement))) return;
      const room = arena.clientHeight;
      for (const { target } of entries) {
        const article = target as HTMLElement;
        // An answer that is written is placed when it is complete: its foot changes its height then.
        if (isWritten(article)) continue;
        const over = Math.min(0, room - article.offsetHeight);
        const before = Number.parseFloat(article.style.getPropertyValue('--over')) || 0;
        if (over === before) due.delete(article);
        else due.set(article, over);
      }
      if (due.size > 0) place();
    });
    const onScroll = () => {
      if (due.size > 0) place();
    };
    for (const article of row.current.querySelectorAll<HTMLElement>('article')) resized.observe(article);
    arena.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      resized.disconnect();
      arena.removeEventListener('scroll', onScroll);
    };
  }, [row, count]);
}

function isWritten({ dataset }: HTMLElement): boolean {
  return dataset.status === 'STREAMING' || dataset.status === 'QUEUED';
}
