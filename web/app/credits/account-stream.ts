import type { Client, CombinedError } from '@urql/core';
import { backoffMs } from '../graphql/client.ts';
import { type CreditAccountFieldsFragment, CreditsChangedDocument } from '../graphql/generated/graphql.ts';

/**
 * Follows the member's credit account, or that of a team that pays for them, until the returned function is called. After a fault of the server, such as a
 * database that is away for a while, it tries again after ever longer waits.
 */
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
  /** How many faults came in a row. */
  let faults = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let unsubscribe = () => {};

  function open(): void {
    ({ unsubscribe } = client
      .subscription(CreditsChangedDocument, payerId === undefined ? {} : { payerId })
      .subscribe(({ data, error, hasNext }) => {
        if (data) {
          faults = 0;
          onAccount(data.creditsChanged);
        }
        if (error && isFault(error)) again();
        else if (error || !hasNext) onEnd();
      }));
  }

  function again(): void {
    halt();
    timer = setTimeout(open, backoffMs(faults, Math.random()));
    faults += 1;
  }

  function halt(): void {
    clearTimeout(timer);
    unsubscribe();
  }

  open();
  return halt;
}

function isFault({ graphQLErrors }: CombinedError): boolean {
  return graphQLErrors.some(({ extensions }) => extensions.code === 'INTERNAL_SERVER_ERROR');
}
