import type { SendPromptMutation } from '../../graphql/generated/graphql.ts';

type Outcome = SendPromptMutation['sendPrompt'];

/** Why a prompt was not taken: the API's own reason, that the session has ended, or that the API could not be reached. */
export type SendError =
  | Exclude<Outcome, { __typename: 'SendPromptPayload' }>
  | { __typename: 'Unreachable' | 'SignedOut'; message: string };

/** A call that failed, and how to make the same one again. */
export interface FailedCall {
  error: SendError;
  /** Where its words have stayed; null where it had none. */
  kept: 'composer' | 'editor' | null;
  retry: () => void;
}
