import { describe, expect, it } from 'vitest';
import { SharedRoom, WaitingRoom } from '../../src/domain/ground/waiting-room.ts';

const never = new AbortController().signal;

describe('a waiting room', () => {
  it('is given in the order of asking, and what is larger than all of it has it alone', async () => {
    const room = new WaitingRoom(10);
    const order: string[] = [];
    const take = async (name: string, bytes: number) => {
      const leave = await room.take(bytes, never);
      order.push(name);
      return leave;
    };
    const first = await take('first', 6);
    const large = take('large', 30);
    const small = take('small', 1);
    first();
    first();
    const leaveLarge = await large;
    expect(order).toEqual(['first', 'large']);
    leaveLarge();
    await small;
    expect(order).toEqual(['first', 'large', 'small']);
  });

  it('is waited for no longer than the signal allows', async () => {
    const room = new WaitingRoom(10);
    const leave = await room.take(10, never);
    const stopped = new AbortController();
    const waiting = room.take(5, stopped.signal);
    const behind = room.take(5, never);
    stopped.abort(new Error('Stopped'));
    await expect(waiting).rejects.toThrow('Stopped');
    leave();
    await behind;
    await expect(room.take(1, stopped.signal)).rejects.toThrow('Stopped');
  });
});

describe('a shared room', () => {
  it('has the second large take of a member wait behind those of others', async () => {
    const room = new SharedRoom(10);
    const order: string[] = [];
    const take = async (member: string, amount: number) => {
      const leave = await room.take(member, amount, never);
      order.push(member);
      return leave;
    };
    const first = await take('ann', 8);
    const others = [take('ann', 8), take('ann', 8)];
    const bob = take('bob', 3);
    first();
    first();
    (await bob)();
    for (const other of others) (await other)();
    expect(order).toEqual(['ann', 'bob', 'ann', 'ann']);
  });

  it('gives back what a take had that was given up at either door', async () => {
    const room = new SharedRoom(10);
    const leave = await room.take('ann', 10, never);
    const stopped = new AbortController();
    const waiting = [room.take('ann', 4, stopped.signal), room.take('bob', 4, stopped.signal)];
    stopped.abort(new Error('Stopped'));
    for (const take of waiting) await expect(take).rejects.toThrow('Stopped');
    leave();
    (await room.take('bob', 10, never))();
    await room.take('ann', 10, never);
  });
});
