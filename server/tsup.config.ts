import { defineConfig } from 'tsup';

// Our own code only: packages stay outside, and PGlite among them must, for it loads its WebAssembly from beside itself.
export default defineConfig({
  entry: ['src/app.ts', 'src/main.ts', 'src/providers-check.ts', 'src/admin.ts'],
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  clean: true,
  silent: true,
  removeNodeProtocol: false,
});
