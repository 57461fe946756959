import { useState } from 'react';
import { useClient } from 'urql';
import {
  type ResponseFieldsFragment,
  StopResponsesDocument,
  type TurnFieldsFragment,
} from '../../graphql/generated/graphql.ts';
import { isPending } from './pending.ts';

export interface Stops {
  /** The responses that were asked to stop. */
  stopping: ReadonlySet<string>;
  stop(turnId: string, responseIds: readonly string[]): void;
  /** The turn that was asked has come, and with it the names of what was shown in its place until now. */
  arrived(turn: TurnFieldsFragment, pendingIdOf: (response: ResponseFieldsFragment) => string | null): void;
}

/** Stops, also those of answers that have no name yet: such a stop waits until the API has told it. */
export function useStops(onError: (error: unknown, retry: () => void) => void): Stops {
  const client = useClient();
  const [stopping, setStopping] = useState<ReadonlySet<string>>(new Set());
  const [waiting] = useState(() => new Set<string>());
  const [names] = useState(() => new Map<string, { turnId: string; responseId: string }>());

  function stop(turnId: string, responseIds: readonly string[]): void {
    setStopping((before) => new Set([...before, ...responseIds]));
    for (const id of responseIds.filter(isPending)) {
      const name = names.get(id);
      if (name) stop(name.turnId, [name.responseId]);
      else waiting.add(id);
    }
    const named = responseIds.filter((id) => !isPending(id));
    if (named.length > 0) call(turnId, named);
  }

  function call(turnId: string, responseIds: string[]): void {
    void client
      .mutation(StopResponsesDocument, { turnId, responseIds })
      .toPromise()
      .then(({ error }) => {
        if (!error) return;
        setStopping((before) => new Set([...before].filter((id) => !responseIds.includes(id))));
        onError(error, () => stop(turnId, responseIds));
      });
  }

  return {
    stopping,
    stop,
    arrived(turn, pendingIdOf) {
      const due: string[] = [];
      for (const response of turn.responses) {
        const pendingId = pendingIdOf(response);
        if (!pendingId) continue;
        names.set(pendingId, { turnId: turn.id, responseId: response.id });
        if (waiting.delete(pendingId)) due.push(response.id);
      }
      if (due.length > 0) stop(turn.id, due);
    },
  };
}
