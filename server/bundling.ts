import type { Options } from 'tsup';

/**
 * Left outside: PGlite loads its WebAssembly from beside itself, GraphiQL's files are for the build alone, the
 * tokenizer's table is a megabyte that most starts do not need, sharp is written in C++, and PDF.js loads tables of
 * characters from beside itself.
 */
const outside = [
  '@electric-sql/pglite',
  '@graphql-yoga/render-graphiql',
  'gpt-tokenizer',
  'pg-native',
  'sharp',
  'pdfjs-dist',
];

/**
 * How the server becomes JavaScript, for `dist` and for the processes that tests start: with its packages, because Node
 * takes longer to find and read their thousands of files than to carry them out.
 */
export const bundling = {
  format: 'esm',
  target: 'node20',
  platform: 'node',
  noExternal: [new RegExp(`^(?!(${outside.join('|')})(/|$))`)],
  external: outside.map((name) => new RegExp(`^${name}(/|$)`)),
  // Packages in CommonJS ask for Node's own modules by `require`, which a module does not have.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  sourcemap: true,
  esbuildOptions(options) {
    // Node reads source maps at the start: with the packages' sources in them they would be 15 MB.
    options.sourcesContent = false;
  },
  silent: true,
  removeNodeProtocol: false,
} satisfies Options;
