import { RemixBrowser } from '@remix-run/react';
import { StrictMode, startTransition } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { loadMarkdown } from './conversation/answer.tsx';

// Dialogs put a style into the page while they are open; with the page's nonce the policy lets them.
Object.assign(globalThis, { __webpack_nonce__: document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce });

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

// Answers that the server has rendered are taken over by the same renderer.
if (document.querySelector('.answer')) void loadMarkdown().finally(hydrate);
else hydrate();
