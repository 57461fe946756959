import type { AnyVariables, Client, CombinedError, TypedDocumentNode } from '@urql/core';
import { backoffMs } from './client.ts';

interface Follower<Data> {
  onData(data: Data): void;
  /** Called when the subscription has ended, or was refused: the session is over, or what is followed is gone. */
  onEnd?(): void;
}

/**
 * Follows a subscription until the returned function is called. After a fault of the server, such as a database that is
 * away for a while, it tries again after ever longer waits.
 */
export function follow<Data, Variables extends AnyVariables>(
  client: Pick<Client, 'subscription'>,
  [document, variables]: [document: TypedDocumentNode<Data, Variables>, variables: Variables],
  { onData, onEnd }: Follower<Data>,
): () => void {
  /** How many faults came in a row. */
  let faults = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let unsubscribe = () => {};

  function open(): void {
    ({ unsubscribe } = client.subscription(document, variables).subscribe(({ data, error, hasNext }) => {
      if (data) {
        faults = 0;
        onData(data);
      }
      if (error && isFault(error)) again();
      else if (error || !hasNext) onEnd?.();
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
