import { defineConfig } from 'tsup';
import { bundling } from './bundling.ts';
import { writeGraphiql } from './src/graphql/graphiql-files.ts';

export default defineConfig({
  ...bundling,
  entry: {
    app: 'src/app.ts',
    main: 'src/main.ts',
    'providers-check': 'src/providers-check.ts',
    admin: 'src/admin.ts',
    // A thread of its own, which is looked for beside whoever starts it.
    'embedded-database-worker': 'src/database/embedded-database-worker.js',
  },
  clean: true,
  // What is written when needed from source is ready in what is built.
  onSuccess: () => writeGraphiql('dist/graphiql'),
});
