import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CallContent, filesOf, fileTokens, textsOf, textsOfOptions } from '../ground/message-size.ts';
import { TokenMeter } from '../ground/tokens.ts';

/** Tokens of the marks around a message. */
const MESSAGE_TOKENS = 4;
/** UTF-16 code units. */
const PIECE_LENGTH = 64 * 1024;
const TURN_MS_MAX = 5;

/**
 * About how many input tokens a call has, without the reserve that `sizeOf` adds for other tokenizers. Long texts are
 * counted in pieces, between which others have their turn.
 */
export async function likelyInputTokens({ system, messages, options }: CallContent): Promise<number> {
  const texts = [...messages.flatMap(textsOf), ...textsOfOptions(options), ...(system === null ? [] : [system])];
  const files = messages.flatMap(filesOf);
  let tokens = messages.length * MESSAGE_TOKENS + files.reduce((sum, file) => sum + fileTokens(file).likely, 0);
  let turnStartedAt = performance.now();
  for (const text of texts) {
    const meter = new TokenMeter();
    let ofText = 0;
    for (let start = 0; start < text.length; start += PIECE_LENGTH) {
      ofText = meter.add(text.slice(start, start + PIECE_LENGTH));
      if (performance.now() - turnStartedAt < TURN_MS_MAX) continue;
      await nextTurn();
      turnStartedAt = performance.now();
    }
    tokens += ofText;
  }
  return tokens;
}
