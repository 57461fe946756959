import { conversation as texts } from 'texts:chat';
import type { CombinedError } from '@urql/core';
import type { SendPromptMutation } from '../../graphql/generated/graphql.ts';
import { errorWords } from '../../graphql/refusal.ts';

export type SendOutcome = SendPromptMutation['sendPrompt'];

/** The conversation and the turn of a prompt or a version that the API took. */
export type Sent = Extract<SendOutcome, { __typename: 'SendPromptPayload' }>;

/** The reason why a prompt was not taken: the API's own, or that the session has ended or the API could not be reached. */
export type SendError =
  | Exclude<SendOutcome, { __typename: 'SendPromptPayload' }>
  | { __typename: 'Unreachable' | 'SignedOut'; message: string };

/** A call that failed, and how to make the same one again. */
export interface FailedCall {
  error: SendError;
  /** Where the call's text is kept; null if it had none. */
  kept: 'composer' | 'editor' | null;
  retry: () => void;
}

/** The reason for a call's failure: the API's message, or that no reply came. */
export function toSendError(problem: unknown): SendError {
  const { graphQLErrors = [] } = (problem ?? {}) as Partial<CombinedError>;
  const [first] = graphQLErrors;
  if (first?.extensions.code === 'UNAUTHENTICATED') return { __typename: 'SignedOut', message: texts.signedOut };
  return { __typename: 'Unreachable', message: errorWords(problem as Partial<CombinedError>) ?? texts.unreachable };
}
