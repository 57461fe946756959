import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { inTheme } from '../setup/people.ts';

const themes = ['light', 'dark'] as const;

/**
 * What axe finds against WCAG A and AA and its best practices in the page, or in what lies over it alone; the colours in
 * both themes. Loading axe costs as much as running it, so a page loads it once.
 */
export async function faultsOf(page: Page, within?: string): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  const faults: string[] = [];
  for (const colorScheme of themes) {
    await inTheme(page, colorScheme);
    const run = { within: within ?? null, rules: colorScheme === 'light' ? null : ['color-contrast'] };
    const found = await page.evaluate(async ({ within, rules }) => {
      const { run } = Reflect.get(window, 'axe') as typeof axe;
      const results = await run(within ?? document, { resultTypes: ['violations'], ...(rules && { runOnly: rules }) });
      return results.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`);
    }, run);
    faults.push(...found.map((fault) => `${colorScheme}, ${fault}`));
  }
  await page.emulateMedia({ colorScheme: 'light' });
  return faults;
}

/** What lies over a page: menus, dialogs, popovers and sheets. */
const overlay = '[role=dialog], [role=alertdialog], [role=menu]';

/**
 * Opens everything that a control of the page says it opens, one after the other, and returns what axe finds in each.
 * Controls that look the same open the same: one of each is enough.
 */
export async function faultsOfOverlays(page: Page, opened: Set<string>): Promise<string[]> {
  const faults: string[] = [];
  const names = await page.evaluate(() => {
    const kinds = new Map<string, string>();
    for (const element of document.querySelectorAll<HTMLElement>('[aria-haspopup]:not([aria-haspopup=listbox])')) {
      const isThere = element.checkVisibility() && !element.matches(':disabled, [aria-disabled=true]');
      const name = element.ariaLabel ?? element.textContent ?? '';
      const kind = `${element.ariaHasPopup} ${element.className} ${[...element.querySelectorAll('svg')].map((icon) => icon.outerHTML)}`;
      if (isThere && !kinds.has(kind)) kinds.set(kind, name.trim());
      if (isThere && kinds.get(kind) === name.trim()) element.dataset.opens ??= name.trim();
    }
    return [...kinds.values()];
  });
  for (const name of names) {
    if (opened.has(name)) continue;
    opened.add(name);
    const control = page.locator(`[data-opens="${name.replaceAll('"', '\\"')}"]`).first();
    if ((await control.count()) === 0) continue;
    await control.click();
    await page.locator(overlay).last().waitFor();
    faults.push(...(await faultsOf(page, overlay)).map((fault) => `${name}: ${fault}`));
    await close(page);
  }
  return faults;
}

/** Closes what lies over the page. */
export async function close(page: Page): Promise<void> {
  while ((await page.locator(overlay).count()) > 0) {
    const before = await page.locator(overlay).count();
    await page.keyboard.press('Escape');
    await page.waitForFunction(([overlay, before]) => document.querySelectorAll(overlay).length < before, [
      overlay,
      before,
    ] as const);
  }
}
