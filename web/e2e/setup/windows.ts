import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';

/** A browser context that tests use one after the other. */
interface Window {
  context: BrowserContext;
  /** A page that keeps the renderer process alive, with everything that it has compiled. */
  keeper: Page;
}

export interface TakenWindow {
  page: Page;
  giveBack(): Promise<void>;
}

/**
 * Windows without shared state. A returned window is emptied and reused: a page in a new window costs twice the
 * processor time, as all scripts are read and compiled again.
 */
export class Windows {
  readonly #browser: Browser;
  readonly #free = new Map<string, Window[]>();

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  /** Takes a window with a new page, with these options and without anything of its former users. */
  async take({ viewport, ...options }: BrowserContextOptions): Promise<TakenWindow> {
    const key = JSON.stringify(options);
    const window = this.#free.get(key)?.pop() ?? (await this.#make(options));
    const page = await window.context.newPage();
    if (viewport) await page.setViewportSize(viewport);
    return {
      page,
      giveBack: async () => {
        await empty(window);
        this.#free.set(key, [...(this.#free.get(key) ?? []), window]);
      },
    };
  }

  close(): Promise<void> {
    return this.#browser.close();
  }

  async #make(options: BrowserContextOptions): Promise<Window> {
    // A worker would stand between a page and the requests that tests intercept.
    const context = await this.#browser.newContext({ serviceWorkers: 'block', ...options });
    const keeper = await context.newPage();
    await keeper.goto('./health');
    return { context, keeper };
  }
}

/** Closing the pages removes their scripts, routes, clocks and session storage. */
async function empty({ context, keeper }: Window): Promise<void> {
  for (const page of context.pages()) if (page !== keeper) await page.close();
  await context.unrouteAll();
  await context.setOffline(false);
  await context.clearPermissions();
  await context.clearCookies();
  const session = await context.newCDPSession(keeper);
  await session.send('Storage.clearDataForOrigin', { origin: new URL(keeper.url()).origin, storageTypes: 'all' });
  await session.detach();
}
