import { useHref, useMatches } from '@remix-run/react';

/** Where the browser finds the texts of a page's language. */
export interface TextFiles {
  /** The files of the modules by their names; empty in development, where texts are in the scripts. */
  files: Readonly<Record<string, string>>;
  /** The names of the modules that a route's script imports, by the route's id. */
  ofRoutes: Readonly<Record<string, readonly string[]>>;
}

/**
 * Leads the page's scripts to the texts of its language, and has the browser load those of the routes that are shown
 * together with the scripts. It has to stand before every script of the page.
 */
export function PageTexts({ texts, nonce }: { texts: TextFiles; nonce: string | undefined }) {
  const root = useHref('/').replace(/\/$/, '');
  const matches = useMatches();
  const { files, ofRoutes } = texts;
  const imports = Object.fromEntries(Object.entries(files).map(([name, file]) => [`texts:${name}`, `${root}/${file}`]));
  const needed = new Set(['root', ...matches.map(({ id }) => id)].flatMap((id) => ofRoutes[id] ?? []));
  return (
    <>
      <script
        type="importmap"
        nonce={nonce}
        suppressHydrationWarning
        // biome-ignore lint/security/noDangerouslySetInnerHtml: this is how a script is written into a page, and it has our own addresses only
        dangerouslySetInnerHTML={{ __html: JSON.stringify({ imports }) }}
      />
      {[...needed].map((name) => (
        <link key={name} rel="modulepreload" href={imports[`texts:${name}`]} nonce={nonce} suppressHydrationWarning />
      ))}
    </>
  );
}
