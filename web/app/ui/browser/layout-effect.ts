import { useEffect, useLayoutEffect } from 'react';

/** Before the browser paints; on the server, where React would warn of it at each rendering, nothing. */
export const useBrowserLayoutEffect = typeof document === 'undefined' ? useEffect : useLayoutEffect;
