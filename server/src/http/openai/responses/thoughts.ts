/**
 * What a provider wants back with the next request, so that its model can go on from its thoughts: the proof of a
 * thought, with the text that it proves, or the proof of the thought behind a call.
 */
export type Thought =
  | { of: 'reasoning'; text: string; signature: string; redacted: boolean }
  | { of: 'call'; callId: string; signature: string };

/** What others write into `encrypted_content` begins otherwise. */
const MARK = 'polylogue-1.';

/** Writes thoughts as the `encrypted_content` of a reasoning item. Only the provider can prove them, or read what it hid. */
export function writeThoughts(thoughts: readonly Thought[]): string {
  return MARK + Buffer.from(JSON.stringify(thoughts)).toString('base64url');
}

/** Reads what `writeThoughts` wrote; nothing of what others wrote, or changed. */
export function readThoughts(content: string): Thought[] {
  if (!content.startsWith(MARK)) return [];
  try {
    const thoughts: unknown = JSON.parse(Buffer.from(content.slice(MARK.length), 'base64url').toString());
    return Array.isArray(thoughts) ? thoughts.flatMap(toThought) : [];
  } catch {
    return [];
  }
}

function toThought(given: unknown): Thought[] {
  const { of, text, signature, redacted, callId } = (given ?? {}) as Record<string, unknown>;
  if (typeof signature !== 'string' || signature === '') return [];
  if (of === 'call' && typeof callId === 'string') return [{ of, callId, signature }];
  return of === 'reasoning' && typeof text === 'string' ? [{ of, text, signature, redacted: redacted === true }] : [];
}
