import { describe, expect, it } from 'vitest';
import { WaitingRoom } from '../../src/domain/ground/waiting-room.ts';

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
