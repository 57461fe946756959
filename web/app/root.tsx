import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import {
  Links,
  Meta,
  Outlet,
  Scripts,
  ScrollRestoration,
  useHref,
  useRouteError,
  useRouteLoaderData,
} from '@remix-run/react';
import { type ReactNode, useEffect } from 'react';
import './app.css';
import { statusOf, Trouble } from './frame/trouble.tsx';
import { direction, locale } from './languages/locale.ts';
import { PageTexts } from './languages/page-texts.tsx';
import { textFiles } from './languages/text-files.server.ts';
import { useNonce } from './nonce.ts';
import { isPanelHidden } from './ui/browser/side-panel.ts';
import { barColour, readTheme } from './ui/browser/theme.ts';

export const meta: MetaFunction = () => [{ title: 'Polylogue' }];

export function loader({ request }: LoaderFunctionArgs) {
  const cookies = request.headers.get('cookie');
  return { theme: readTheme(cookies), panelHidden: isPanelHidden(cookies), texts: textFiles };
}

// theme.ts and side-panel.ts change these in the browser; navigation never does.
export function shouldRevalidate() {
  return false;
}

export function Layout({ children }: { children: ReactNode }) {
  const nonce = useNonce();
  const chosen = useRouteLoaderData<typeof loader>('root');
  const theme = chosen?.theme ?? 'system';
  return (
    <html
      lang={locale}
      dir={direction}
      data-theme={theme === 'system' ? undefined : theme}
      data-panel={chosen?.panelHidden ? 'hidden' : undefined}
      suppressHydrationWarning
    >
      <head>
        <meta charSet="utf-8" />
        {chosen ? <PageTexts texts={chosen.texts} nonce={nonce} /> : null}
        <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content" />
        <meta name="color-scheme" content="light dark" />
        <meta name="theme-color" content={barColour(theme, 'light')} media="(prefers-color-scheme: light)" />
        <meta name="theme-color" content={barColour(theme, 'dark')} media="(prefers-color-scheme: dark)" />
        <link rel="icon" href={useHref('/favicon.svg')} type="image/svg+xml" />
        <link rel="apple-touch-icon" href={useHref('/apple-touch-icon.png')} />
        <link rel="manifest" href={useHref('/manifest.webmanifest')} />
        <Meta />
        <Links />
      </head>
      <body>
        {children}
        <ScrollRestoration nonce={nonce} />
        <Scripts nonce={nonce} />
      </body>
    </html>
  );
}

export default function App() {
  // Tests and measurements wait for this mark: from here on the page reacts to clicks and keys.
  useEffect(() => void performance.mark('alive'), []);
  return <Outlet />;
}

export function ErrorBoundary() {
  const error = useRouteError();
  return <Trouble status={statusOf(error)} />;
}
