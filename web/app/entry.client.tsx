import { RemixBrowser } from '@remix-run/react';
import { StrictMode, startTransition } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { basePath } from './ui/browser/base-path.ts';

// Dialogs put a style into the page while they are open. With this nonce, the page's Content-Security-Policy allows it.
Object.assign(globalThis, { __webpack_nonce__: document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce });

/**
 * Decodes the data that the page was rendered from. Remix does so in its first render, and throws a promise for React to
 * wait for. A key or a click that comes meanwhile makes React hydrate at once, which it cannot do then: it gives up (error
 * 345), and the page stays dead. So Remix is called once before React calls it, and React finds everything decoded.
 */
async function decodeLoaded(): Promise<void> {
  try {
    RemixBrowser({});
  } catch (decoding) {
    await decoding;
  }
}

/**
 * Remix drops the promise for the end of a load. It rejects when the next navigation overtakes the load, and the browser would
 * report an error where nothing is wrong. All other rejections are reported.
 */
function ignoreOvertakenLoads(): void {
  window.addEventListener('unhandledrejection', (event) => {
    if (event.reason instanceof DOMException && event.reason.name === 'AbortError') event.preventDefault();
  });
}

function hydrate(): void {
  startTransition(() => {
    hydrateRoot(
      document,
      <StrictMode>
        <RemixBrowser />
      </StrictMode>,
    );
  });
}

/**
 * Remix loads the data of the first page from `/base.data`, which lies beside the path that a proxy passes on and a cookie
 * is for. Its name at the root of an origin, `_root.data`, is used below a path too (pages.ts).
 */
function loadFirstPageBelow(base: string): void {
  const fetchAsAsked = window.fetch;
  window.fetch = (input, init) => {
    const isFirst = input instanceof URL && input.origin === location.origin && input.pathname === `${base}.data`;
    return fetchAsAsked(isFirst ? new URL(`${base}/_root.data${input.search}`, input) : input, init);
  };
}

ignoreOvertakenLoads();
if (basePath() !== '') loadFirstPageBelow(basePath());
// The renderer is loaded meanwhile: hydration need not wait for it.
if (document.querySelector('.answer'))
  void import('./conversation/answer/markdown-loading.ts').then(({ loadMarkdown }) => loadMarkdown());
void decodeLoaded().then(hydrate, hydrate);
if (matchMedia('(any-pointer: coarse)').matches)
  void import('./ui/browser/touched-titles.ts').then(({ showTouchedTitles }) => showTouchedTitles());
