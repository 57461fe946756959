import type { OpaquePart } from '../../../ports/language-model.ts';
import type { LiveResponse } from '../live-responses.ts';

/** What the parts of an attempt are written to: a response, or one step of it. */
export type AnswerTarget = Pick<
  LiveResponse,
  | 'userId'
  | 'hidden'
  | 'stopReason'
  | 'attempts'
  | 'notice'
  | 'whenStopped'
  | 'forgetHalf'
  | 'hasCharacters'
  | 'firstTokenMs'
  | 'append'
  | 'images'
  | 'addImage'
  | 'parts'
  | 'calls'
  | 'beginCall'
  | 'appendArguments'
  | 'addSignature'
  | 'text'
  | 'reasoning'
  | 'before'
  | 'outputTokensEstimate'
  | 'meter'
> & {
  /** Takes what only the model itself is given back. Absent: the model is not asked again. */
  addOpaque?(part: OpaquePart): void;
};
