import { expect, it } from 'vitest';
import { BodyAllowance } from '../../../src/http/body-allowance.ts';
import { HeldCalls } from '../../../src/http/calls/held-calls.ts';
import type { ModelMessage } from '../../../src/ports/language-model.ts';

it('Calls with large files are refused while others of their member hold as much, until these have ended', async () => {
  const held = new HeldCalls(new BodyAllowance({ bytesMax: 5_000_000, bytesOfMemberMax: 2_000_000 }));
  const file = { type: 'file', mediaType: 'image/png', data: 'A'.repeat(1_200_000), name: null } as const;
  const large: ModelMessage[] = [{ role: 'user', parts: [file, { type: 'text', text: 'Look.' }] }];
  const small: ModelMessage[] = [{ role: 'user', parts: [{ type: 'text', text: 'Hi.' }] }];
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const start = async () => ({ ended });
  for (let call = 0; call < 2; call += 1) await held.hold('ann', large, start);
  const refused = held.hold('ann', large, () => expect.unreachable());
  await expect(refused).rejects.toMatchObject({ problem: { status: 429, retryAfterSeconds: 5 } });
  await held.hold('ann', small, start);
  await held.hold('bob', large, start);
  await expect(held.hold('bob', large, () => Promise.reject(new Error('no credits')))).rejects.toThrow('no credits');
  await held.hold('bob', large, start);
  end();
  await ended;
  for (let call = 0; call < 2; call += 1) await held.hold('ann', large, start);
});
