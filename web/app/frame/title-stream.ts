import type { Client } from '@urql/core';
import { backoffMs } from '../graphql/client.ts';
import { TitlesChangedDocument } from '../graphql/generated/graphql.ts';

/**
 * Follows the titles of the member's conversations, which a model or another page may change, until the returned function
 * is called. After a fault of the server it tries again after ever longer waits; where the session ends, it ends.
 */
export function followTitles(
  client: Pick<Client, 'subscription'>,
  onTitle: (conversation: { id: string; title: string }) => void,
): () => void {
  /** How many faults came in a row. */
  let faults = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let unsubscribe = () => {};

  function open(): void {
    ({ unsubscribe } = client.subscription(TitlesChangedDocument, {}).subscribe(({ data, error }) => {
      if (data) {
        faults = 0;
        for (const conversation of data.titlesChanged) onTitle(conversation);
      }
      if (error?.graphQLErrors.some(({ extensions }) => extensions.code === 'INTERNAL_SERVER_ERROR')) again();
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
