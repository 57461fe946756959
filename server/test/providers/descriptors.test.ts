import { describe, expect, it } from 'vitest';
import { scrub } from '../../src/providers/failures/scrub.ts';
import { builtInProviders } from '../../src/providers/providers.ts';

/** A key of each, as the provider makes them. */
const keys = new Map([
  ['openai', 'sk-proj-Ab3dEf6hIj9kLm2nOp5q'],
  ['anthropic', 'sk-ant-api03-Ab3dEf6hIj9kLm2n'],
  ['google', 'AIzaSyAb3dEf6hIj9kLm2nOp5qRs8t'],
  ['xai', 'xai-Ab3dEf6hIj9kLm2nOp5q'],
  ['perplexity', 'pplx-Ab3dEf6hIj9kLm2nOp5q'],
]);

describe('the descriptors of the built-in providers', () => {
  it.each(builtInProviders)('$id has an id and variables that no other one has', (provider) => {
    const others = builtInProviders.filter((other) => other !== provider);
    const namesOf = ({ id, keyVariables, baseURLVariables }: typeof provider) => [
      id,
      ...keyVariables,
      ...baseURLVariables,
    ];
    expect(namesOf(provider).filter((name) => others.flatMap(namesOf).includes(name))).toEqual([]);
  });

  it.each(builtInProviders)('$id has its keys hidden in what anybody reads', ({ id, keyBeginning }) => {
    const key = keys.get(id) ?? '';
    expect(key).toMatch(new RegExp(`^${keyBeginning}`));
    expect(scrub(`Incorrect API key provided: ${key} of acme.`, null)).toBe(
      'Incorrect API key provided: [key] of acme.',
    );
  });

  it.each(builtInProviders)('$id names each of its models once', ({ models }) => {
    expect(new Set(models.map(({ providerModel }) => providerModel)).size).toBe(models.length);
    expect(new Set(models.map(({ name }) => name)).size).toBe(models.length);
  });
});
