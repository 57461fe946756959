import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../run.mjs';

const houses = ['server/src', 'web/app'];
/** A folder with this name holds generated code and is not a room. */
const generated = 'generated';

test('docs/architecture.md lists exactly the rooms of the house, each with a sentence', () => {
  const page = readFileSync(path.join(root, 'docs/architecture.md'), 'utf8');
  const [, tree] = page.split('## The rooms')[1].split('```\n');
  const rooms = roomsOf(tree);
  expect(rooms.filter(({ sentence }) => sentence === '')).toEqual([]);
  expect(rooms.map(({ room }) => room).sort()).toEqual(houses.flatMap((house) => foldersIn(house)).sort());
});

/** Each line is a room. Its parent is the nearest line above with less indentation. */
function roomsOf(tree) {
  const within = [];
  const rooms = [];
  for (const line of tree.trimEnd().split('\n')) {
    const [, indent, name, sentence] = /^( *)(\S*[^/\s])\/? *(.*)$/.exec(line);
    within.splice(indent.length / 2, within.length, name);
    if (indent !== '') rooms.push({ room: within.join('/'), sentence });
  }
  return rooms;
}

function foldersIn(folder) {
  return readdirSync(path.join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== generated)
    .flatMap(({ name }) => [`${folder}/${name}`, ...foldersIn(`${folder}/${name}`)]);
}
