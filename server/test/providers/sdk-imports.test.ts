import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

const sdks = ['openai', '@anthropic-ai/sdk', '@google/generative-ai'];

it.each([
  ['openai/openai.ts', ['openai']],
  ['anthropic/anthropic.ts', ['@anthropic-ai/sdk']],
  ['google/google.ts', ['@google/generative-ai']],
  ['mock/mock.ts', []],
])('%s loads no SDK but its own', (file, own) => {
  const loaded = importsOf(resolve(import.meta.dirname, '../../src/providers', file));
  expect(sdks.filter((sdk) => loaded.has(sdk))).toEqual(own);
});

/** The imports of the file and of all project files that it imports. */
function importsOf(file: string, seen = new Set<string>()): Set<string> {
  const source = readFileSync(file, 'utf8');
  for (const [, name = ''] of source.matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?from '([^']+)'/gm)) {
    const path = name.startsWith('.') ? resolve(file, '..', name) : name;
    if (seen.has(path)) continue;
    seen.add(path);
    if (name.startsWith('.')) importsOf(path, seen);
  }
  return seen;
}
