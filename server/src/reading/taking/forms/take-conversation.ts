import type { TakenTurn } from '../../../ports/conversation-reader.ts';
import { TURN_LENGTH_MAX } from '../limits.ts';
import { type EntryFinder, NotTakenError, type Taken } from '../taken.ts';
import { isChatGpt, takeChatGpt } from './chatgpt.ts';
import { isClaude, takeClaude } from './claude.ts';
import { isLibreChat, takeLibreChat } from './librechat.ts';
import { isOpenWebUi, takeOpenWebUi } from './open-webui.ts';
import { isOwnForm, takeOwn } from './own-form.ts';

/** Takes a conversation of whichever known form. @throws NotTakenError */
export function takeConversation(value: Readonly<Record<string, unknown>>, entries: EntryFinder): Taken {
  const form = forms.find(({ is }) => is(value));
  if (!form) throw new NotTakenError('', 'This is no conversation of a form that is known here.');
  const taken = form.take(value, entries);
  const tooLong = taken.turns.findIndex((turn) => lengthOf(turn) > TURN_LENGTH_MAX);
  if (tooLong >= 0) throw new NotTakenError('', `Prompt ${tooLong + 1} and its answers are longer than can be kept.`);
  return taken;
}

const forms: readonly {
  is(value: Readonly<Record<string, unknown>>): boolean;
  take(value: Readonly<Record<string, unknown>>, entries: EntryFinder): Taken;
}[] = [
  { is: isOwnForm, take: takeOwn },
  { is: isChatGpt, take: takeChatGpt },
  { is: isClaude, take: takeClaude },
  { is: isOpenWebUi, take: takeOpenWebUi },
  { is: isLibreChat, take: takeLibreChat },
];

/** UTF-16 code units of a turn's texts. */
export function lengthOf({ prompt, answers }: Pick<TakenTurn, 'prompt' | 'answers'>): number {
  return answers.reduce(
    (sum, { parts }) => sum + parts.reduce((of, part) => of + (part.kind === 'image' ? 0 : part.text.length), 0),
    prompt.length,
  );
}
