import { filesOf, textsOf } from '../../domain/ground/message-size.ts';
import type { ModelMessage } from '../../ports/language-model.ts';
import { BODY_RETRY_SECONDS, BodyAllowance, NO_BODY_ROOM } from '../body-allowance.ts';
import { CallError, problem } from './call-problem.ts';

const MEBIBYTE = 1024 * 1024;
/** Characters of a call that anybody may have in memory. */
const FREE = MEBIBYTE / 4;

/**
 * What calls have in memory until their answers end, since another model may have to be asked the same: a few tokens of
 * images may be many megabytes. One for the process.
 */
export class HeldCalls {
  readonly #allowance: BodyAllowance;

  constructor(allowance = new BodyAllowance({ bytesMax: 256 * MEBIBYTE, bytesOfMemberMax: 96 * MEBIBYTE })) {
    this.#allowance = allowance;
  }

  /**
   * Starts a call whose messages are in memory until its answer ends.
   *
   * @throws CallError if there is no room for them: nothing was started
   */
  async hold<Answer extends { ended: Promise<unknown> }>(
    memberId: string,
    messages: readonly ModelMessage[],
    start: () => Promise<Answer>,
  ): Promise<Answer> {
    const bytes = Math.max(0, lengthOf(messages) - FREE);
    if (bytes > 0 && !this.#allowance.take(memberId, bytes)) {
      throw new CallError(problem('rateLimited', NO_BODY_ROOM, { retryAfterSeconds: BODY_RETRY_SECONDS }));
    }
    const giveBack = () => this.#allowance.giveBack(memberId, bytes);
    try {
      const answer = await start();
      // An answer's `ended` never rejects.
      void answer.ended.then(giveBack);
      return answer;
    } catch (error) {
      giveBack();
      throw error;
    }
  }
}

function lengthOf(messages: readonly ModelMessage[]): number {
  let length = 0;
  for (const message of messages) {
    for (const text of textsOf(message)) length += text.length;
    for (const file of filesOf(message)) length += file.data.length;
  }
  return length;
}
