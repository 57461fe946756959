import { direction } from './locale.ts';

/** How far an arrow key leads along a row in the page's reading direction: 1 is to the next. Another key leads nowhere: 0. */
export function stepOf(key: string): -1 | 0 | 1 {
  if (key !== 'ArrowLeft' && key !== 'ArrowRight') return 0;
  return (key === 'ArrowRight') === (direction === 'ltr') ? 1 : -1;
}
