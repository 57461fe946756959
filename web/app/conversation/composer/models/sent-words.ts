import { plural } from '../../../ui/figures.ts';

/** An earlier prompt, as a model is sent it. */
export interface SentTurn {
  /** The response that answers it; null: none has a text. */
  responseId: string | null;
  /** False: the model's context window has no room for it. */
  sent: boolean;
}

/**
 * What a model is sent of the earlier prompts, such as "its own answers of these 3 prompts".
 *
 * @param authorOf the name of the model that wrote a response; null if it is not known here
 */
export function sentWords(
  history: readonly SentTurn[],
  modelName: string,
  authorOf: (responseId: string) => string | null,
): string {
  const sent = history.filter((turn) => turn.sent);
  const authors = sent.flatMap(({ responseId }) => (responseId && authorOf(responseId)) ?? modelName);
  const others = [...new Set(authors)].filter((name) => name !== modelName);
  const left = history.length - sent.length;
  return `${toldWords(sent.length, others)}${left > 0 ? `; ${plural(left, 'older prompt')} did not fit` : ''}`;
}

function toldWords(count: number, others: readonly string[]): string {
  if (count === 0) return 'no earlier prompt';
  const prompts = count === 1 ? 'the earlier prompt' : `these ${count} prompts`;
  if (others.length > 0) return `${prompts}, with answers of ${others.join(' and ')} where it has none of its own`;
  return `its own ${count === 1 ? 'answer' : 'answers'} of ${prompts}`;
}
