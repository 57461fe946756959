import type { CombinedError } from '@urql/core';
import type { SendPromptMutation } from '../../graphql/generated/graphql.ts';

export type SendOutcome = SendPromptMutation['sendPrompt'];

/** A prompt or a version that was taken: its conversation and its turn. */
export type Sent = Extract<SendOutcome, { __typename: 'SendPromptPayload' }>;

/** Why a prompt was not taken: the API's own reason, that the session has ended, or that the API could not be reached. */
export type SendError =
  | Exclude<SendOutcome, { __typename: 'SendPromptPayload' }>
  | { __typename: 'Unreachable' | 'SignedOut'; message: string };

/** A call that failed, and how to make the same one again. */
export interface FailedCall {
  error: SendError;
  /** Where its words have stayed; null where it had none. */
  kept: 'composer' | 'editor' | null;
  retry: () => void;
}

/** What the API said, or that it said nothing. */
export function toSendError(problem: unknown): SendError {
  const { graphQLErrors = [] } = (problem ?? {}) as Partial<CombinedError>;
  const [first] = graphQLErrors;
  if (first?.extensions.code === 'UNAUTHENTICATED') return { __typename: 'SignedOut', message: 'You are signed out.' };
  return { __typename: 'Unreachable', message: first?.message ?? 'The server could not be reached.' };
}
