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

/** What the page says by languages. It is here since the catalogues' texts come from the server. */
const texts = {
  en: {
    title: 'Polylogue cannot be reached',
    text: 'This device is offline, or the server is away. Nothing is lost: answers go on being written on the server, and your conversations are there when it is back.',
    again: 'Try again',
  },
  de: {
    title: 'Polylogue ist nicht erreichbar',
    text: 'Dieses Gerät ist offline, oder der Server ist nicht da. Nichts ist verloren: Antworten werden auf dem Server weitergeschrieben, und Ihre Unterhaltungen sind da, wenn er zurück ist.',
    again: 'Erneut versuchen',
  },
  fr: {
    title: 'Polylogue est injoignable',
    text: 'Cet appareil est hors ligne, ou le serveur est absent. Rien n’est perdu : les réponses continuent de s’écrire sur le serveur, et vos conversations seront là à son retour.',
    again: 'Réessayer',
  },
  es: {
    title: 'No se puede acceder a Polylogue',
    text: 'Este dispositivo está sin conexión o el servidor no está disponible. No se pierde nada: las respuestas siguen escribiéndose en el servidor y tus conversaciones estarán ahí cuando vuelva.',
    again: 'Reintentar',
  },
  ja: {
    title: 'Polylogueに接続できません',
    text: 'この端末がオフラインか、サーバーが停止しています。何も失われません。回答はサーバーで書き続けられ、会話は復旧後に表示されます。',
    again: '再試行',
  },
  ar: {
    title: 'تعذّر الوصول إلى Polylogue',
    text: 'هذا الجهاز غير متصل، أو الخادم غير متاح. لم يُفقد شيء: تستمر كتابة الإجابات على الخادم، وستجد محادثاتك عند عودته.',
    again: 'إعادة المحاولة',
  },
};

const offlinePage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${texts.en.title}</title>
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
      <h1>${texts.en.title}</h1>
      <p>${texts.en.text}</p>
      <button type="button">${texts.en.again}</button>
    </main>
    <script>
      const theme = /(?:^|;\\s*)theme=(light|dark)/.exec(document.cookie)?.[1];
      if (theme) document.documentElement.dataset.theme = theme;
      const texts = ${JSON.stringify(texts)};
      const chosen = /(?:^|;\\s*)locale=(\\w\\w)/.exec(document.cookie)?.[1];
      const language = [chosen, ...navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase())].find((one) => Object.hasOwn(texts, one ?? ''));
      if (language) {
        const { title, text, again } = texts[language];
        document.documentElement.lang = language;
        document.documentElement.dir = language === 'ar' ? 'rtl' : 'ltr';
        document.title = title;
        document.querySelector('h1').textContent = title;
        document.querySelector('p').textContent = text;
        document.querySelector('button').textContent = again;
      }
      document.querySelector('button').addEventListener('click', () => location.reload());
      const look = () => fetch('${self.registration.scope}health', { cache: 'no-store' }).then(({ ok }) => ok && location.reload(), () => {});
      addEventListener('online', look);
      setInterval(look, 3000);
    </script>
  </body>
</html>`;
