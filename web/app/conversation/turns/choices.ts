import { ChooseResponseDocument } from '../../graphql/generated/graphql.ts';
import type { ConversationContext } from './conversation-store.ts';
import { toSendError } from './failed-call.ts';
import { isPending } from './pending.ts';

/** Tells the API which version of each lane is shown. */
export class Choices {
  readonly #context: Pick<ConversationContext, 'client' | 'store'>;
  /** The version that the member went to last, by the turn's id, while the API is told. */
  readonly #wanted = new Map<string, string>();

  constructor(context: Pick<ConversationContext, 'client' | 'store'>) {
    this.#context = context;
  }

  /** Shows the version at once, then tells the API. */
  show(turnId: string, responseId: string): void {
    // The API does not know a pending version by this id.
    if (isPending(responseId)) return;
    const isTelling = this.#wanted.has(turnId);
    this.#wanted.set(turnId, responseId);
    this.#context.store.apply({ type: 'versionShown', turnId, responseId });
    if (!isTelling) void this.#tellShown(turnId);
  }

  /** Tells the API one version at a time, so that the version that the member went to last is told last. */
  async #tellShown(turnId: string): Promise<void> {
    for (let told: string | undefined; ; ) {
      const wanted = this.#wanted.get(turnId);
      if (wanted === undefined || wanted === told) break;
      told = wanted;
      await this.#tell(turnId, wanted);
    }
    this.#wanted.delete(turnId);
  }

  async #tell(turnId: string, responseId: string): Promise<void> {
    const { client, store } = this.#context;
    store.apply({ type: 'choiceSent' });
    const { data, error } = await client.mutation(ChooseResponseDocument, { responseId }).toPromise();
    if (error) {
      const retry = () => void this.#tell(turnId, responseId);
      store.apply({ type: 'failed', failed: { error: toSendError(error), kept: null, retry } });
    }
    // The member may have gone to another version meanwhile.
    if (!data || this.#wanted.get(turnId) !== responseId) return;
    store.apply({ type: 'choiceTold', turn: data.chooseResponse });
  }
}
