import { describe, expect, it } from 'vitest';
import { UploadRoom } from '../../src/domain/files/upload-room.ts';

const never = new AbortController().signal;

describe('uploads at once', () => {
  it('are ten of a member, who may begin another when one has ended', () => {
    const room = new UploadRoom();
    const places = Array.from({ length: 10 }, () => room.take('ann'));
    expect(() => room.take('ann')).toThrow('You may upload 10 files at once.');
    room.take('bob');
    places[0]?.leave();
    room.take('ann');
  });

  it('have two files of a member read at a time, and those of others beside them', async () => {
    const room = new UploadRoom();
    const order: string[] = [];
    const read = async (member: string, name: string) => {
      const end = await room.take(member).reading.take(1, never);
      order.push(name);
      return end;
    };
    const [first] = await Promise.all([read('ann', 'a1'), read('ann', 'a2')]);
    const third = read('ann', 'a3');
    await read('bob', 'b1');
    expect(order).toEqual(['a1', 'a2', 'b1']);
    first();
    await third;
    expect(order).toEqual(['a1', 'a2', 'b1', 'a3']);
  });
});
