import { defineConfig } from 'tsup';

// tsup builds the process's entry only: Remix's own build is in build/, and is imported when the server starts.
export default defineConfig({
  entry: ['server.ts'],
  outDir: 'dist',
  format: 'esm',
  target: 'node20',
  external: ['vite', /^@polylogue\//],
  sourcemap: true,
});
