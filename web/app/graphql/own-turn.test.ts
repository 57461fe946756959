// @vitest-environment node
import { expect, test } from 'vitest';
import { ownTurn } from './own-turn.server.ts';

test('ownTurn continues each of several calls in its own turn of the event loop', async () => {
  let turn = 0;
  const count = () => {
    turn += 1;
    counting = setImmediate(count);
  };
  let counting = setImmediate(count);
  const turns = await Promise.all([1, 2, 3, 4].map(() => ownTurn().then(() => turn)));
  clearImmediate(counting);
  expect(new Set(turns).size).toBe(4);
});
