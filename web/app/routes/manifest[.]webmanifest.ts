import { pages } from 'texts:chat';
import type { LoaderFunctionArgs } from '@remix-run/node';
import { direction, locale } from '../languages/locale.ts';

/** Tells browsers how to install the app, wherever it is: below the path that the server is below. */
export function loader({ context: { basePath } }: LoaderFunctionArgs): Response {
  const icon = (name: string, size: number, purpose: 'any' | 'maskable') => ({
    src: `${basePath}/${name}.png`,
    sizes: `${size}x${size}`,
    type: 'image/png',
    purpose,
  });
  const manifest = {
    id: `${basePath}/`,
    lang: locale,
    dir: direction,
    name: 'Polylogue',
    short_name: 'Polylogue',
    description: pages.description,
    start_url: `${basePath}/`,
    scope: `${basePath}/`,
    display: 'standalone',
    background_color: '#fbfbf9',
    theme_color: '#fbfbf9',
    icons: [
      { src: `${basePath}/favicon.svg`, sizes: 'any', type: 'image/svg+xml', purpose: 'any' },
      icon('icon-192', 192, 'any'),
      icon('icon-512', 512, 'any'),
      icon('icon-maskable-512', 512, 'maskable'),
    ],
    shortcuts: [{ name: pages.newChat, url: `${basePath}/` }],
  };
  return new Response(JSON.stringify(manifest), {
    headers: {
      'Content-Type': 'application/manifest+json',
      'Cache-Control': 'public, max-age=3600',
      Vary: 'Accept-Language, Cookie',
    },
  });
}
