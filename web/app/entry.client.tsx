import { RemixBrowser } from '@remix-run/react';
import { StrictMode, startTransition } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { loadMarkdown } from './conversation/answer/answer.tsx';

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

ignoreOvertakenLoads();
// The renderer is loaded meanwhile: hydration need not wait for it.
if (document.querySelector('.answer')) void loadMarkdown();
void decodeLoaded().then(hydrate, hydrate);
