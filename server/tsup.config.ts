import { defineConfig } from 'tsup';
import { bundling } from './bundling.ts';
import { writeGraphiql } from './src/graphql/delivery/graphiql-files.ts';

export default defineConfig({
  ...bundling,
  entry: {
    app: 'src/app.ts',
    main: 'src/main.ts',
    'providers-check': 'src/command/providers-check.ts',
    admin: 'src/command/admin.ts',
    backup: 'src/command/backup.ts',
    restore: 'src/command/restore.ts',
    // Threads of their own, which are looked for beside whoever starts them.
    'embedded-database-worker': 'src/database/connection/embedded-database-worker.js',
    'json-thread-worker': 'src/http/json-thread-worker.js',
    // A process of its own, and the thread in it.
    'reading-process': 'src/reading/reading-process.ts',
    'reading-watch': 'src/reading/reading-watch.js',
    'taking-process': 'src/reading/taking/taking-process.ts',
  },
  clean: true,
  // What is written when needed from source is ready in what is built.
  onSuccess: () => writeGraphiql('dist/graphiql'),
});
