import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as ws from 'ws';
import { toFrames } from '../../src/graphql/delivery/client-socket.ts';

/** Reads frames as a client of ws does. */
function read(frames: Buffer): string[] {
  const messages: string[] = [];
  // The types of ws lack Receiver.
  const { Receiver } = ws as unknown as { Receiver: new (options: object) => NodeJS.WritableStream };
  const receiver = new Receiver({ isServer: false });
  receiver.on('message', (data: Buffer) => messages.push(data.toString()));
  receiver.on('error', (error) => {
    throw error;
  });
  receiver.write(frames);
  return messages;
}

test('a client reads messages of any length and script as they were written', () => {
  const lengths = fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536, 70_000);
  const message = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.tuple(lengths, fc.constantFrom('a', 'é', '語', '🎈')).map(([length, character]) => character.repeat(length)),
  );
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 5 }), (messages) => {
      expect(read(toFrames(messages))).toEqual(messages);
    }),
  );
});
