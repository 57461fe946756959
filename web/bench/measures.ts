import type { Page } from 'playwright-core';

/** Compressed bytes of scripts that a page loads before it is alive and still. */
export async function scriptBytes(page: Page, path: string): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  const scripts = new Set<string>();
  let bytes = 0;
  session.on('Network.responseReceived', ({ requestId, type, response }) => {
    if (type === 'Script' || response.mimeType.includes('javascript')) scripts.add(requestId);
  });
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (scripts.has(requestId)) bytes += encodedDataLength;
  });
  await page.goto(path);
  await alive(page);
  // Other pages' scripts are loaded later, when nothing else is to be done.
  await page.waitForTimeout(1500);
  await session.detach();
  return bytes;
}

/** The longest task of the page, in ms, while it is opened and until it is still. */
export async function longestTask(page: Page, path: string): Promise<number> {
  await page.goto('about:blank');
  await page.addInitScript(() => {
    const tasks: number[] = [];
    Object.assign(window, { tasks });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) tasks.push(duration);
    }).observe({ type: 'longtask', buffered: true });
  });
  await page.goto(path);
  await alive(page);
  await page.waitForTimeout(3000);
  // A task under 50 ms is none that the browser tells of.
  return page.evaluate(() => Math.max(50, ...(Reflect.get(window, 'tasks') as number[])));
}

export interface Frames {
  /** Time between two frames in ms: the median, and what 95 of 100 stay under. */
  p50: number;
  p95: number;
}

/** How the page draws while answers arrive, for so many ms. */
export async function frames(page: Page, ms: number): Promise<Frames> {
  const times = await page.evaluate(
    (ms) =>
      new Promise<number[]>((resolve) => {
        const times: number[] = [];
        let before = performance.now();
        const end = before + ms;
        const look = (now: number) => {
          times.push(now - before);
          before = now;
          if (now < end) requestAnimationFrame(look);
          else resolve(times);
        };
        requestAnimationFrame(look);
      }),
    ms,
  );
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return { p50: at(0.5), p95: at(0.95) };
}

async function alive(page: Page): Promise<void> {
  await page.waitForFunction(() => performance.getEntriesByName('alive').length > 0);
}
