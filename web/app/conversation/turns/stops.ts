import {
  type ResponseFieldsFragment,
  StopResponsesDocument,
  type TurnFieldsFragment,
} from '../../graphql/generated/graphql.ts';
import type { ConversationContext } from './conversation-store.ts';
import { toSendError } from './failed-call.ts';
import { isPending } from './pending.ts';

/** Stops answers. The stop of an answer that has no id yet waits until the API has given it one. */
export class Stops {
  readonly #context: Pick<ConversationContext, 'client' | 'store'>;
  readonly #waiting = new Set<string>();
  /** The answers' ids at the API, by the pending ids that they had before. */
  readonly #names = new Map<string, { turnId: string; responseId: string }>();

  constructor(context: Pick<ConversationContext, 'client' | 'store'>) {
    this.#context = context;
  }

  stop(turnId: string, responseIds: readonly string[]): void {
    this.#context.store.apply({ type: 'stopSent', responseIds });
    for (const id of responseIds.filter(isPending)) {
      const name = this.#names.get(id);
      if (name) this.stop(name.turnId, [name.responseId]);
      else this.#waiting.add(id);
    }
    const named = responseIds.filter((id) => !isPending(id));
    if (named.length > 0) void this.#call(turnId, named);
  }

  /** Takes a turn that has arrived, with the ids of the answers that were pending until now. */
  arrived(turn: TurnFieldsFragment, pendingIdOf: (response: ResponseFieldsFragment) => string | null): void {
    const due: string[] = [];
    for (const response of turn.responses) {
      const pendingId = pendingIdOf(response);
      if (!pendingId) continue;
      this.#names.set(pendingId, { turnId: turn.id, responseId: response.id });
      if (this.#waiting.delete(pendingId)) due.push(response.id);
    }
    if (due.length > 0) this.stop(turn.id, due);
  }

  async #call(turnId: string, responseIds: string[]): Promise<void> {
    const { client, store } = this.#context;
    const { error } = await client.mutation(StopResponsesDocument, { turnId, responseIds }).toPromise();
    if (!error) return;
    const retry = () => this.stop(turnId, responseIds);
    store.apply({ type: 'stopRefused', responseIds, failed: { error: toSendError(error), kept: null, retry } });
  }
}
