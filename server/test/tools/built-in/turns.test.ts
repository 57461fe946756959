import { expect, it } from 'vitest';
import { ToolUnavailable } from '../../../src/ports/tool.ts';
import { Turns } from '../../../src/tools/built-in/turns.ts';

it('A few calls go on at once, fewer of one member, and too many are refused', async () => {
  const turns = new Turns({ all: 3, each: 2, waiting: 2 });
  const { signal } = new AbortController();
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const take = (name: string, userId: string, stop = signal) =>
    turns.take(userId, stop, () => {
      begun.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    });
  const all = [take('a1', 'ann'), take('a2', 'ann'), take('a3', 'ann'), take('b1', 'ben')];
  const stopping = new AbortController();
  const stopped = take('c1', 'cleo', stopping.signal);
  await expect(take('d1', 'dora')).rejects.toBeInstanceOf(ToolUnavailable);
  stopping.abort(new Error('Stopped.'));
  await expect(stopped).rejects.toThrow('Stopped.');
  expect(begun).toEqual(['a1', 'a2', 'b1']);
  ends.get('b1')?.();
  await all[3];
  // Ann has two already.
  expect(begun).toEqual(['a1', 'a2', 'b1']);
  ends.get('a1')?.();
  await all[0];
  expect(begun).toEqual(['a1', 'a2', 'b1', 'a3']);
  ends.get('a2')?.();
  ends.get('a3')?.();
  await Promise.all(all);
});
