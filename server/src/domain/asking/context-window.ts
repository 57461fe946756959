import { GO_ON, type ModelMessage, textMessage } from '../../ports/language-model.ts';
import { TextSizes } from '../ground/tokens.ts';

export interface ContextRequest {
  system: string | null;
  /** Oldest first. */
  turns: readonly PastTurn[];
  prompt: string;
  /** The beginning of the model's answer to the prompt, which it is to go on with; never left out. */
  answerSoFar?: string | undefined;
  /** Tokens, input and output together. */
  contextWindow: number;
  /** Tokens of the answer, as far as the model and the tier allow. */
  maxOutputTokens: number;
}

export interface PastTurn {
  /** Not blank. */
  prompt: string;
  /** Null: no model answered. */
  answer: string | null;
}

export type FittedContext =
  | {
      tooLong: false;
      /** As `ModelRequest.messages` requires: roles alternate, first and last are `user`. */
      messages: ModelMessage[];
      /** The output that may be asked of the model: `maxOutputTokens`, or half the window if that is less. */
      maxOutputTokens: number;
      /** Likely input tokens, a little high: for a quote. */
      inputTokens: number;
      /** Upper bound of the input tokens billed: for the hold. */
      inputTokensMax: number;
      /** How many of the oldest turns were left out. */
      dropped: number;
    }
  | {
      tooLong: true;
      /** Likely tokens of the system prompt and the new prompt alone. */
      inputTokens: number;
      /** How many of them the model has room for. */
      inputTokensAllowed: number;
    };

/** Tokenizers differ: one token of the estimate can be up to 1.35 tokens of another tokenizer. */
export const OTHER_TOKENIZERS = 1.35;
const MESSAGE_TOKENS = 8;

/**
 * Fits a prompt into a model's context window: the system prompt, the newest turns that fit before the new prompt, and
 * the new prompt. The oldest turns are left out first, whole. The system prompt, the new prompt and an answer to it
 * that the model is to go on with are never left out.
 *
 * A turn that nobody answered keeps its prompt, joined with the next one by a blank line (roles must alternate): later
 * prompts often lean on it ("and in French?").
 *
 * @param sizes remembers what was measured, for the next model that gets the same texts
 */
export function fitContext(request: ContextRequest, sizes = new TextSizes()): FittedContext {
  const { system, turns, prompt, answerSoFar, contextWindow } = request;
  const asked: PastTurn[] =
    answerSoFar === undefined
      ? [{ prompt, answer: null }]
      : [
          { prompt, answer: answerSoFar },
          { prompt: GO_ON, answer: null },
        ];
  const maxOutputTokens = Math.min(request.maxOutputTokens, Math.floor(contextWindow / 2));
  const inputTokensAllowed = contextWindow - maxOutputTokens;

  const messageTokens = (text: string | null) =>
    text === null ? 0 : Math.ceil(sizes.tokens(text) * OTHER_TOKENIZERS) + MESSAGE_TOKENS;

  const turnTokens = (turn: PastTurn) => messageTokens(turn.prompt) + messageTokens(turn.answer);

  let inputTokens = asked.reduce((sum, turn) => sum + turnTokens(turn), messageTokens(system));
  if (inputTokens > inputTokensAllowed) return { tooLong: true, inputTokens, inputTokensAllowed };

  let dropped = turns.length;
  for (const turn of turns.toReversed()) {
    const tokens = turnTokens(turn);
    if (inputTokens + tokens > inputTokensAllowed) break;
    inputTokens += tokens;
    dropped -= 1;
  }

  const joined = alternating([...turns.slice(dropped), ...asked]);
  return {
    tooLong: false,
    messages: joined.map(({ role, texts }) =>
      textMessage(
        role,
        texts.reduce((joined, text) => joined + text),
      ),
    ),
    maxOutputTokens,
    inputTokens,
    inputTokensMax: sizes.inputTokensMax(
      system,
      joined.map(({ texts }) => texts),
    ),
    dropped,
  };
}

/** A message before its texts are joined: each text is measured, and remembered, by itself. */
interface JoinedMessage {
  role: ModelMessage['role'];
  texts: string[];
}

/**
 * Joins turns to messages of alternating roles. A blank answer counts as none: providers refuse a message without
 * content.
 */
function alternating(turns: readonly PastTurn[]): JoinedMessage[] {
  const messages: JoinedMessage[] = [];
  for (const { prompt, answer } of turns) {
    const last = messages.at(-1);
    if (last?.role === 'user') last.texts.push('\n\n', prompt);
    else messages.push({ role: 'user', texts: [prompt] });
    if (answer !== null && answer.trim() !== '') messages.push({ role: 'assistant', texts: [answer] });
  }
  return messages;
}
