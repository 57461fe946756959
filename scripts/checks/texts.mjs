import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { register } from 'tsx/esm/api';
import ts from 'typescript';
import { root } from '../run.mjs';
import { strayTexts } from './stray-texts.mjs';

// What people read on pages is in the catalogues (docs/languages.md), complete in every language, and nowhere else.
// `node scripts/checks/texts.mjs web/app/credits` looks at one folder only.
register();
const { allLanguages, plainText, readCatalogue, tagsOf, valuesOf } = await import('../../web/catalogues/read.ts');

const app = 'web/app';
const only = process.argv[2] ?? app;
const skipped = /[.]test[.]tsx?$|[.]d[.]ts$|\/generated\/|\/languages\//;
const problems = [];
const files = sourcesUnder(app).map((name) => ({ name, source: parseSource(name) }));

for (const { name, source } of files) {
  if (!name.startsWith(only)) continue;
  for (const { line, text } of strayTexts(source)) problems.push(`${name}:${line}: “${text}” belongs in a catalogue`);
}
const english = messagesOf('en');
for (const language of allLanguages) if (language !== 'en') compare(language);
for (const [key, message] of english) check('en', key, message);
if (only === app) reportUnused();

for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

function compare(language) {
  const own = messagesOf(language);
  for (const [key, message] of english) {
    const translated = own.get(key);
    if (translated === undefined) problems.push(`${language} ${key}: is missing: “${message}”`);
    else if (check(language, key, translated) && check('en', key, message)) matches(language, key, message, translated);
  }
  for (const key of own.keys()) if (!english.has(key)) problems.push(`${language} ${key}: is not in English`);
}

/** Whether the message can be read. */
function check(language, key, message) {
  try {
    valuesOf(message);
    return true;
  } catch (error) {
    const problem = `${language} ${key}: ${error.message.split('\n')[0]}`;
    if (!problems.includes(problem)) problems.push(problem);
    return false;
  }
}

function matches(language, key, message, translated) {
  const one = [...valuesOf(message).keys()].sort();
  const other = [...valuesOf(translated).keys()].sort();
  if (one.join() !== other.join())
    problems.push(`${language} ${key}: takes ${other.join(', ')}, in English ${one.join(', ')}`);
  if (
    tagsOf(message).join() !== [...new Set(tagsOf(translated))].join() &&
    tagsOf(message).join() !== tagsOf(translated).join()
  )
    problems.push(`${language} ${key}: has other tags than in English: ${message}`);
  if (one.length === 0 && plainText(translated).trim() === '') problems.push(`${language} ${key}: is empty`);
}

/** All messages of a language by `module/file.key`. */
function messagesOf(language) {
  return new Map(
    Object.entries(readCatalogue(language)).flatMap(([module, files]) =>
      Object.entries(files).flatMap(([file, messages]) =>
        Object.entries(messages).map(([key, message]) => [`${module}/${file}.${key}`, message]),
      ),
    ),
  );
}

function reportUnused() {
  const used = new Set(files.flatMap(({ source }) => textsReadIn(source)));
  for (const key of english.keys()) {
    if (!used.has(key) && !used.has(key.replace(/[.][^.]+$/, '.*'))) problems.push(`en ${key}: nothing reads it`);
  }
}

/** The messages that a file reads, as `module/file.key`; `module/file.*` where it is read by a name that is computed. */
function textsReadIn(source) {
  const names = new Map();
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement) || !statement.moduleSpecifier.text.startsWith('texts:')) continue;
    for (const element of statement.importClause?.namedBindings?.elements ?? []) {
      const file = (element.propertyName ?? element.name).text;
      names.set(element.name.text, `${statement.moduleSpecifier.text.slice('texts:'.length)}/${file}`);
    }
  }
  const read = [];
  const visit = (node) => {
    if (ts.isIdentifier(node) && names.has(node.text) && !ts.isImportSpecifier(node.parent)) {
      const { parent } = node;
      const isRead = ts.isPropertyAccessExpression(parent) && parent.expression === node;
      read.push(`${names.get(node.text)}.${isRead ? parent.name.text : '*'}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return read;
}

function sourcesUnder(folder) {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sourcesUnder(name);
    return /[.]tsx?$/.test(name) && !skipped.test(name) ? [name] : [];
  });
}

function parseSource(name) {
  return ts.createSourceFile(name, readFileSync(path.join(root, name), 'utf8'), ts.ScriptTarget.Latest, true);
}
