// Says that the server cannot be reached where a page could not be loaded. It keeps nothing: no page, no answer, no
// file. So it can show nothing that is old or somebody else's, and a new version has nothing to clear away.

/** What the API answers, and downloads: none of it is a page. */
const noPage = /^\/(api|chat|export|graphql|health|metrics|ready|v1)(\/|$)/;

self.addEventListener('install', (event) => {
  // Only pages need this worker. Where the browser can be told so, all other requests go past it, and no answer waits
  // for the worker to start.
  const others = ['cors', 'no-cors', 'same-origin'].map((requestMode) => ({
    condition: { requestMode },
    source: 'network',
  }));
  event.waitUntil(Promise.resolve(event.addRoutes?.(others)).catch(() => {}));
  self.skipWaiting();
});

self.addEventListener('activate', (event) => {
  // The page is requested while the worker starts.
  event.waitUntil(Promise.resolve(self.registration.navigationPreload?.enable()).catch(() => {}));
});

self.addEventListener('fetch', (event) => {
  const { mode, method, url } = event.request;
  const below = new URL(url).pathname.slice(new URL(self.registration.scope).pathname.length - 1);
  if (mode !== 'navigate' || method !== 'GET' || noPage.test(below)) return;
  event.respondWith(page(event));
});

async function page(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return new Response(offlinePage, {
      status: 503,
      headers: {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
        'Cache-Control': 'no-store',
      },
    });
  }
}

// The note that all answers are in leads to its conversation, in a window that shows it or in any other of this app.
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.address ?? self.registration.scope));
});

async function open(address) {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const there = windows.find(({ url }) => url === address);
  if (there) return there.focus();
  return self.clients.openWindow(address);
}

const offlinePage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Polylogue cannot be reached</title>
    <style>
      :root { color-scheme: light dark; --ground: light-dark(#fbfbf9, #12161a); --ink: light-dark(#1b1f24, #e2e5e8); --quiet: light-dark(#575c63, #a3a9af); --accent: light-dark(#12525e, #7fd0dc); --on: light-dark(#fff, #0b2227); }
      :root[data-theme="light"] { color-scheme: light; }
      :root[data-theme="dark"] { color-scheme: dark; }
      body { display: grid; min-height: 100dvh; margin: 0; place-content: center; padding: 24px; background: var(--ground); color: var(--ink); font: 15px/24px Inter, ui-sans-serif, system-ui, sans-serif; }
      main { max-width: 44ch; }
      svg { display: block; width: 40px; height: 40px; }
      h1 { margin: 16px 0 4px; font-size: 18px; line-height: 28px; font-weight: 600; }
      p { margin: 0 0 20px; color: var(--quiet); }
      button { min-height: 44px; border: 0; border-radius: 8px; padding: 0 20px; background: var(--accent); color: var(--on); font: inherit; font-weight: 500; cursor: pointer; }
      :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
    </style>
  </head>
  <body>
    <main>
      <svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" fill="#12525e" /><g fill="#fff"><rect x="7" y="8" width="4.5" height="16" rx="1.5" /><rect x="13.75" y="8" width="4.5" height="11" rx="1.5" opacity=".82" /><rect x="20.5" y="8" width="4.5" height="6" rx="1.5" opacity=".62" /></g></svg>
      <h1>Polylogue cannot be reached</h1>
      <p>This device is offline, or the server is away. Nothing is lost: answers go on being written on the server, and your conversations are there when it is back.</p>
      <button type="button">Try again</button>
    </main>
    <script>
      const theme = /(?:^|;\\s*)theme=(light|dark)/.exec(document.cookie)?.[1];
      if (theme) document.documentElement.dataset.theme = theme;
      document.querySelector('button').addEventListener('click', () => location.reload());
      const look = () => fetch('${self.registration.scope}health', { cache: 'no-store' }).then(({ ok }) => ok && location.reload(), () => {});
      addEventListener('online', look);
      setInterval(look, 3000);
    </script>
  </body>
</html>`;
