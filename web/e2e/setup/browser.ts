import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

/** The path of a Chromium or Chrome of this machine. Undefined: there is none. */
export const chromiumPath: string | undefined = [
  process.env.TEST_CHROMIUM,
  process.env.CHROMIUM_PATH,
  ...['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) =>
    (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)),
  ),
].find((path) => path && existsSync(path));

/** Whether a missing browser is a failure instead of an omission. */
export const everythingIsAsked = Boolean(process.env.REQUIRE_ALL || process.env.CI);

/** The features that Playwright disables. Chromium takes only one such list, so they are repeated here. */
const offByPlaywright = [
  'AimEnabled',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
];

/** Features that tests do not need: each page began with two more pages of the browser and a spare one. */
const offHere = [
  'SpareRendererForSitePerProcess',
  'WebUIOmniboxAimPopup',
  'WebUIOmniboxFullPopup',
  'WebUIOmniboxPopup',
];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      // The pages of one window share a process and the scripts that it has compiled.
      '--renderer-process-limit=1',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--disable-features=${[...offByPlaywright, ...offHere].join(',')}`,
    ],
  });
}

/** Collects errors and warnings of the console (including those of the policy and of React), and uncaught errors. */
export function watch(page: Page): string[] {
  const problems: string[] = [];
  page.on('console', (message) => {
    // Windows have no workers (windows.ts), and Playwright warns of that.
    const isOfPlaywright = /blocked by Playwright/.test(message.text());
    // Remix prints that a load was overtaken by a navigation while its reply was read. Nothing is wrong then.
    const isOvertaken = message.text().startsWith('AbortError: BodyStreamBuffer was aborted');
    const isHarmless = isOfPlaywright || isOvertaken;
    if (['error', 'warning'].includes(message.type()) && !isHarmless) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  return problems;
}
