import type { Plugin } from 'vite';

/** What Remix's module offers, as it is where all routes are known from the beginning (`v3_lazyRouteDiscovery`, vite.config.ts). */
const nothingToDiscover = `
  export const isFogOfWarEnabled = () => false;
  export const getPartialManifest = (manifest) => manifest;
  export const getPatchRoutesOnNavigationFunction = () => undefined;
  export const useFogOFWarDiscovery = () => {};
`;

/** Leaves out how Remix discovers routes, which it never does here and each page would load. */
export function wholeManifest(): Plugin {
  return {
    name: 'whole-manifest',
    apply: 'build',
    enforce: 'pre',
    load: (id, options) =>
      !options?.ssr && /[/\\]@remix-run[/\\]react[/\\]dist[/\\]esm[/\\]fog-of-war\.js$/.test(id)
        ? nothingToDiscover
        : null,
  };
}
