import type { Client, CombinedError } from '@urql/core';
import { backoffMs } from '../graphql/client.ts';
import { type CreditAccountFieldsFragment, CreditsChangedDocument } from '../graphql/generated/graphql.ts';

/**
 * Follows the person's credit account, until the function that it returns is called. After a fault of the server's, such
 * as a database that is away for a while, it tries again, ever more slowly.
 */
export function followAccount(
  client: Pick<Client, 'subscription'>,
  {
    onAccount,
    onEnd,
  }: {
    onAccount: (account: CreditAccountFieldsFragment) => void;
    /** The session is no more: signed out, or suspended. */
    onEnd: () => void;
  },
): () => void {
  /** In a row. */
  let faults = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let unsubscribe = () => {};

  function open(): void {
    ({ unsubscribe } = client.subscription(CreditsChangedDocument, {}).subscribe(({ data, error, hasNext }) => {
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
