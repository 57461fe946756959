import type { Client } from '@urql/core';
import { follow } from '../graphql/follow.ts';
import { type CreditAccountFieldsFragment, CreditsChangedDocument } from '../graphql/generated/graphql.ts';

/** Follows the member's credit account, or that of a team that pays for them, until the returned function is called. */
export function followAccount(
  client: Pick<Client, 'subscription'>,
  {
    payerId,
    onAccount,
    onEnd,
  }: {
    /** The team's id. Absent: the member's own account. */
    payerId?: string;
    onAccount: (account: CreditAccountFieldsFragment) => void;
    /** Called when the session has ended, because the member signed out or was suspended, or has left the team. */
    onEnd: () => void;
  },
): () => void {
  return follow(client, [CreditsChangedDocument, payerId === undefined ? {} : { payerId }], {
    onData: ({ creditsChanged }) => onAccount(creditsChanged),
    onEnd,
  });
}
