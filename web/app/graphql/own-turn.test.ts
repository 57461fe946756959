// @vitest-environment node
import { expect, test } from 'vitest';
import { ownTurn } from './own-turn.server.ts';

test('what comes together goes on in turns of the event loop of its own', async () => {
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
