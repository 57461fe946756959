import { createHash } from 'node:crypto';
import { type ModelRequest, textOf } from '../../ports/language-model.ts';

/** The same request gets the same answer. */
export function randomOf({ model, system, messages }: ModelRequest): () => number {
  return seededRandom(
    `${model}\n${system ?? ''}\n${JSON.stringify(messages.map((message) => ({ role: message.role, content: textOf(message) })))}`,
  );
}

/** mulberry32, seeded by a hash: numbers in [0, 1), the same for the same seed. */
function seededRandom(seed: string): () => number {
  let state = createHash('sha256').update(seed).digest().readUInt32LE();
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
