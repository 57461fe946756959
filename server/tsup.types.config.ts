import { defineConfig } from 'tsup';

/** Writes `dist/app.d.ts`: the types of what the package exports, in one file. Run after the build, which empties `dist`. */
export default defineConfig({
  entry: { app: 'src/app.ts' },
  outDir: 'dist',
  format: 'esm',
  dts: { only: true },
});
