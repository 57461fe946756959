import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearNames } from '../src/domain/ground/near-names.ts';

const known = [
  'gpt-4.1',
  'gpt-4.1-mini',
  'gpt-6-sol',
  'claude-sonnet-5',
  'claude-sonnet-4-6',
  'claude-opus-5-5',
  'sonar',
];

describe('near names', () => {
  it('begin with the one that has the fewest other letters, in whatever case', () => {
    expect(nearNames('GPT-4.1', known)[0]).toBe('gpt-4.1');
    expect(nearNames('cluade-sonet-5', known)[0]).toBe('claude-sonnet-5');
    expect(nearNames('gpt-4,1-mini', known)[0]).toBe('gpt-4.1-mini');
  });

  it('include those with the same words, fewest strange ones first', () => {
    expect(nearNames('claude-sonnet', known)).toEqual(['claude-sonnet-5', 'claude-sonnet-4-6', 'claude-opus-5-5']);
  });

  it('are none if nothing is alike', () => {
    expect(nearNames('llama3.2-vision', known)).toEqual([]);
    expect(nearNames('', known)).toEqual([]);
    expect(nearNames('2024-11-20', known)).toEqual([]);
  });

  it('are known, different and at most as many as asked for, whatever the name', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), fc.integer({ min: 0, max: 5 }), (name, names, count) => {
        const near = nearNames(name, names, count);
        expect(near.length).toBeLessThanOrEqual(count);
        expect(new Set(near).size).toBe(near.length);
        for (const one of near) expect(names).toContain(one);
      }),
    );
  });

  it('make no difference between names that differ only beyond 64 characters', () => {
    const beginning = `claude-sonnet-${'5'.repeat(50)}`;
    expect(nearNames(beginning + 'x'.repeat(1_000_000), known)).toEqual(nearNames(beginning, known));
  });
});

describe('the edit distance', () => {
  it('is that of the whole table, as far as it is asked for', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '-'), maxLength: 12 });
    fc.assert(
      fc.property(letters, letters, fc.integer({ min: 0, max: 12 }), (one, other, max) => {
        expect(editDistance(one, other, max)).toBe(Math.min(plainDistance(one, other), max + 1));
      }),
    );
  });
});

function plainDistance(one: string, other: string): number {
  if (one === '' || other === '') return one.length + other.length;
  const [a, b] = [one.slice(1), other.slice(1)];
  if (one[0] === other[0]) return plainDistance(a, b);
  const key = `${one}/${other}`;
  const found = distances.get(key) ?? 1 + Math.min(plainDistance(a, b), plainDistance(a, other), plainDistance(one, b));
  distances.set(key, found);
  return found;
}

const distances = new Map<string, number>();
