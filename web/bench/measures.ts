import type { CDPSession, Page } from 'playwright-core';

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

export interface Opened {
  /** The longest task in ms, from the first byte until the page is still. */
  longest: number;
  /** Processor time of the page's thread in ms, until all that is in sight is drawn as it will stay. */
  seen: number;
  /** The same, until the page is still. */
  whole: number;
}

/** What it takes to open a page that is not yet open, with its scripts in the browser's cache. */
export async function opened(page: Page, path: string): Promise<Opened> {
  // The page's process is there already, and its work is counted from here.
  await page.goto('/favicon.svg');
  await page.addInitScript(() => {
    const tasks: number[] = [];
    Object.assign(window, { tasks });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) tasks.push(duration);
    }).observe({ type: 'longtask', buffered: true });
  });
  const work = await workOf(page);
  await page.goto(path);
  await alive(page);
  await page.waitForFunction(
    () =>
      ![...document.querySelectorAll('[data-unformatted]')].some((plain) => {
        const { top, bottom, width } = plain.getBoundingClientRect();
        return width > 0 && bottom > 0 && top < innerHeight;
      }),
  );
  const seen = await work.ms();
  await page.waitForFunction(() => !document.querySelector('[data-unformatted]'));
  await page.waitForTimeout(2000);
  const whole = await work.ms();
  await work.end();
  // A task under 50 ms is none that the browser tells of.
  const longest = await page.evaluate(() => Math.max(50, ...(Reflect.get(window, 'tasks') as number[])));
  return { longest, seen, whole };
}

export interface Frames {
  /** Time between two frames in ms: the median, and what 95 of 100 stay under. */
  p50: number;
  p95: number;
  /** Processor time of the page's thread for each frame, in ms. */
  work: number;
}

/** How the page draws for so many ms. */
export async function frames(page: Page, ms: number): Promise<Frames> {
  const work = await workOf(page);
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
  const spent = await work.ms();
  await work.end();
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return { p50: at(0.5), p95: at(0.95), work: (spent * 16.7) / ms };
}

/** The page's script memory in MB after a collection, and its nodes. */
export async function memory(page: Page): Promise<{ megabytes: number; nodes: number }> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  await session.send('Performance.enable');
  const figures = await metrics(session);
  await session.detach();
  return { megabytes: (figures.JSHeapUsedSize ?? 0) / 1e6, nodes: figures.Nodes ?? 0 };
}

interface Work {
  /** Processor time of the page's thread since the beginning, in ms. Other work of the machine does not count. */
  ms(): Promise<number>;
  end(): Promise<void>;
}

async function workOf(page: Page): Promise<Work> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const spent = async () => ((await metrics(session)).TaskDuration ?? 0) * 1000;
  const before = await spent();
  return { ms: async () => (await spent()) - before, end: () => session.detach() };
}

async function metrics(session: CDPSession): Promise<Record<string, number>> {
  const { metrics } = await session.send('Performance.getMetrics');
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

async function alive(page: Page): Promise<void> {
  await page.waitForFunction(() => performance.getEntriesByName('alive').length > 0);
}
