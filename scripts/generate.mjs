import './node-version.mjs';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled } from './install.mjs';
import { root } from './run.mjs';

// `npm run generate` writes schema.graphql from the code, and from it and their documents the types of the web, of the
// example of a typed client and of the tests of GraphQL's clients.
// With --check it writes nothing, and fails with the names of the files that do not match the code.
await ensureInstalled();
process.chdir(root);
const { register } = await import('tsx/esm/api');
register();

const sdl = await printSchemaOfCode();
const files = new Map([
  ['schema.graphql', sdl],
  ...(await generateTypes(sdl)),
  ['web/app/languages/generated/catalogues.d.ts', await declareTexts()],
]);
const leftover = filesBeside(files).filter((name) => !files.has(name));

if (process.argv.includes('--check')) reportStale();
else writeAll();
// Anything that the schema's modules opened must not keep a finished script alive.
process.exit();

async function printSchemaOfCode() {
  const { lexicographicSortSchema, printSchema } = await import('graphql');
  const { schema } = await import('../server/src/graphql/schema.ts');
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}

async function generateTypes(schema) {
  const { generate } = await import('@graphql-codegen/cli');
  const files = [];
  for (const file of ['codegen.ts', 'examples/typed-client/codegen.ts', 'server/test/programs/graphql/codegen.ts']) {
    const { default: config } = await import(`../${file}`);
    const cwd = path.resolve(path.dirname(file));
    const outputs = await generate({ ...config, cwd, schema, silent: true }, false);
    for (const { filename, content } of outputs)
      files.push([path.relative(root, path.resolve(cwd, filename)), content]);
  }
  return files;
}

/** The types of the pages' texts, from the English catalogue. */
async function declareTexts() {
  const { declarations } = await import('../web/catalogues/compile.ts');
  return declarations();
}

/** All files in the folders of generated files. */
function filesBeside(generated) {
  const folders = new Set([...generated.keys()].map((name) => path.dirname(name)).filter((name) => name !== '.'));
  return [...folders]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => path.join(folder, name)));
}

function reportStale() {
  const differing = [...files].filter(([name, content]) => !existsSync(name) || readFileSync(name, 'utf8') !== content);
  const stale = [...differing.map(([name]) => name), ...leftover];
  if (stale.length === 0) return;
  console.error(`Stale: ${stale.join(', ')}. Mend it with: npm run generate`);
  process.exitCode = 1;
}

function writeAll() {
  for (const [name, content] of files) {
    mkdirSync(path.dirname(name), { recursive: true });
    writeFileSync(name, content);
  }
  for (const name of leftover) rmSync(name);
  console.log(`Generated ${[...files.keys()].join(', ')}.`);
}
