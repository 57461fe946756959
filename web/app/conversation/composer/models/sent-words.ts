import { models as texts } from 'texts:chat';
import { figuresLocale } from '../../../languages/locale.ts';

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
  const told = toldWords(sent.length, others);
  return left > 0 ? texts.didNotFit({ count: left, sent: told }) : told;
}

function toldWords(count: number, others: readonly string[]): string {
  if (count === 0) return texts.noEarlierPrompt;
  if (others.length === 0) return texts.ownAnswers({ count });
  return texts.othersAnswers({ count, names: new Intl.ListFormat(figuresLocale).format(others) });
}
