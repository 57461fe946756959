import { useEffect, useLayoutEffect } from 'react';

/** useLayoutEffect in the browser. On the server React would warn of that at each rendering, and runs no effect anyway. */
export const useBrowserLayoutEffect = typeof document === 'undefined' ? useEffect : useLayoutEffect;
