import { defineConfig } from 'tsup';
import { writeGraphiql } from './src/graphql/graphiql-files.ts';

// Our own code only: packages stay outside, and PGlite among them must, for it loads its WebAssembly from beside itself.
export default defineConfig({
  entry: ['src/app.ts', 'src/main.ts', 'src/providers-check.ts', 'src/admin.ts'],
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  clean: true,
  silent: true,
  removeNodeProtocol: false,
  // What is written when needed from source is ready in what is built.
  onSuccess: () => writeGraphiql('dist/graphiql'),
});
