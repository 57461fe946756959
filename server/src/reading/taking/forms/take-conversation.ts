import { LENGTH_MAX, TURN_LENGTH_MAX } from '../limits.ts';
import { type EntryFinder, NotTakenError, type Taken } from '../taken.ts';
import { isChatGpt, takeChatGpt } from './chatgpt.ts';
import { isClaude, takeClaude } from './claude.ts';
import { lengthOf } from './lengths.ts';
import { isLibreChat, takeLibreChat } from './librechat.ts';
import { isOpenWebUi, takeOpenWebUi } from './open-webui.ts';
import { isOwnForm, takeOwn } from './own-form.ts';

/** Takes a conversation of whichever known form. @throws NotTakenError */
export function takeConversation(value: Readonly<Record<string, unknown>>, entries: EntryFinder): Taken {
  const form = forms.find(({ is }) => is(value));
  if (!form) throw new NotTakenError('', 'This is no conversation of a form that is known here.');
  const taken = form.take(value, entries);
  let sum = 0;
  for (const [index, turn] of taken.turns.entries()) {
    const length = lengthOf(turn);
    sum += length;
    if (length > TURN_LENGTH_MAX) {
      throw new NotTakenError('', `Prompt ${index + 1} and its answers are longer than can be kept.`);
    }
  }
  // Each branch has the whole of what it shares with others.
  if (sum > LENGTH_MAX)
    throw new NotTakenError('', 'The conversation with all its branches is longer than can be kept.');
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
