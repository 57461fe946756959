/** A stream of these chunks; a string stands for a chunk with that text. Ends with `[DONE]` by default. */
export function chatStream(chunks: readonly (string | object)[], { done = true, lineEnd = '\n' } = {}): string {
  const data = chunks.map((chunk) => JSON.stringify(typeof chunk === 'string' ? delta({ content: chunk }) : chunk));
  return [...data, ...(done ? ['[DONE]'] : [])].map((line) => `data: ${line}${lineEnd}${lineEnd}`).join('');
}

export function delta(fields: object, finishReason: string | null = null): object {
  return { choices: [{ index: 0, delta: fields, finish_reason: finishReason }] };
}

export const stop = delta({}, 'stop');
