import { defineConfig } from 'tsup';
import { writeGraphiql } from './src/graphql/graphiql-files.ts';

// Our own code only: packages stay outside, and PGlite among them must, for it loads its WebAssembly from beside itself.
export default defineConfig({
  entry: {
    app: 'src/app.ts',
    main: 'src/main.ts',
    'providers-check': 'src/providers-check.ts',
    admin: 'src/admin.ts',
    // Threads of their own, which are looked for beside whoever starts them.
    'embedded-database-worker': 'src/database/embedded-database-worker.js',
    'json-thread-worker': 'src/http/json-thread-worker.js',
  },
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  clean: true,
  silent: true,
  removeNodeProtocol: false,
  // What is written when needed from source is ready in what is built.
  onSuccess: () => writeGraphiql('dist/graphiql'),
});
