import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { root } from '../run.mjs';
import { exceptions } from './sizes-allowed.mjs';

// Nobody finds their way in a house of few crowded rooms and long files.
const limits = { folder: 20, file: 400, function: 100 };
const places = ['server', 'web', 'examples', 'scripts'];
const skipped = new Set(['node_modules', 'dist', 'build', 'data', 'generated', 'results']);
const isSource = (name) => /\.(ts|tsx|mjs|js)$/.test(name);
const isTest = (name) => /(^|\/)(test|e2e)\/|\.test\.[a-z]+$/.test(name);

const found = [];
for (const place of places) look(place);
const problems = found.filter(({ name }) => !(name in exceptions));
const unneeded = Object.keys(exceptions).filter((name) => found.every((entry) => entry.name !== name));
for (const { name, size, limit, unit } of problems)
  console.error(`${name}: ${size} ${unit}, at most ${limit} are allowed`);
for (const name of unneeded) console.error(`${name}: is within the limits, and needs no exception`);
process.exitCode = problems.length + unneeded.length === 0 ? 0 : 1;

function look(folder) {
  const entries = readdirSync(path.join(root, folder), { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && isSource(entry.name));
  note(folder, files.length, limits.folder, 'source files');
  for (const file of files) measure(`${folder}/${file.name}`);
  for (const entry of entries) {
    if (entry.isDirectory() && !entry.name.startsWith('.') && !skipped.has(entry.name)) look(`${folder}/${entry.name}`);
  }
}

function measure(name) {
  const text = readFileSync(path.join(root, name), 'utf8');
  note(name, text.trimEnd().split('\n').length, limits.file, 'lines');
  if (!/\.(ts|tsx|mjs|js)$/.test(name)) return;
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  const visit = (node) => {
    // A suite of tests is a list, though it is written as a function.
    if (isFunction(node) && !(isTest(name) && isSuite(node))) {
      const line = (at) => source.getLineAndCharacterOfPosition(at).line;
      note(`${name} ${nameOf(node)}`, line(node.end) - line(node.getStart()) + 1, limits.function, 'lines');
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}

function note(name, size, limit, unit) {
  if (size > limit) found.push({ name, size, limit, unit });
}

function isFunction(node) {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined;
}

function isSuite(node) {
  const call = node.parent;
  return ts.isCallExpression(call) && /^describe/.test(call.expression.getText());
}

function nameOf(node) {
  if (node.name) return node.name.getText();
  const { parent } = node;
  return ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)
    ? parent.name.getText()
    : '(without a name)';
}
