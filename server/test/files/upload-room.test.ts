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

  it('are a hundred of all, beyond which others may still begin their first', () => {
    const room = new UploadRoom();
    for (let member = 0; member < 10; member += 1) {
      for (let upload = 0; upload < 10; upload += 1) room.take(`many-${member}`);
    }
    const first = room.take('ann');
    expect(() => room.take('ann')).toThrow('Too many files are being uploaded.');
    first.leave();
    room.take('ann');
    for (let member = 0; member < 99; member += 1) room.take(`one-${member}`);
    expect(() => room.take('bob')).toThrow('Too many files are being uploaded.');
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
