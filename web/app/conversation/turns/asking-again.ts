import { nodesOf } from '../../graphql/connection.ts';
import {
  ContinueResponseDocument,
  ConversationDocument,
  RegenerateResponseDocument,
  type ResponseFieldsFragment,
  type TurnFieldsFragment,
} from '../../graphql/generated/graphql.ts';
import type { ConversationContext } from './conversation-store.ts';
import { type SendError, type SendOutcome, toSendError } from './failed-call.ts';
import { turnsAtOnce } from './page-of-turns.ts';
import { type PendingVersion, pendingContinuation, pendingVersion } from './pending.ts';
import type { Stops } from './stops.ts';

interface Question {
  /** The version as it is shown until the API has given it an id. */
  pending(turn: TurnFieldsFragment, before: ResponseFieldsFragment): PendingVersion;
  /** Asks the API for the version. Resolves to the turn with it, or to the error. */
  ask(
    turnId: string,
    isNew: (response: ResponseFieldsFragment) => boolean,
  ): Promise<{ answered?: TurnFieldsFragment | undefined; error?: SendError | undefined; retry: () => void }>;
}

/** Asks for more versions of answers, one at a time in each lane. */
export class AskingAgain {
  readonly #context: ConversationContext;
  readonly #stops: Stops;

  constructor(context: ConversationContext, stops: Stops) {
    this.#context = context;
    this.#stops = stops;
  }

  /**
   * @param lost whether the version was asked for before and no reply came. It may exist by now, so it is looked for first:
   * the API takes no key that would tell a retry from a wish for one more answer
   */
  regenerate(responseId: string, modelId?: string, lost = false): void {
    const { client, models } = this.#context;
    void this.#addVersion(responseId, {
      pending: (turn, before) => pendingVersion(turn, before, modelId, models),
      ask: async (turnId, isNew) => {
        const found = lost ? await this.#lookFor(turnId) : undefined;
        const retryLost = () => this.regenerate(responseId, modelId, true);
        if (found?.responses.some(isNew)) return { answered: found, retry: retryLost };
        const { data, error } = await client.mutation(RegenerateResponseDocument, { responseId, modelId }).toPromise();
        const retry = data ? () => this.regenerate(responseId, modelId) : retryLost;
        return { ...answerOf(data?.regenerateResponse, error), retry };
      },
    });
  }

  /** Continues an answer that was cut off. The API does so only once, so that asking again does no harm. */
  goOn(responseId: string): void {
    const { client } = this.#context;
    void this.#addVersion(responseId, {
      pending: pendingContinuation,
      ask: async () => {
        const { data, error } = await client.mutation(ContinueResponseDocument, { responseId }).toPromise();
        return { ...answerOf(data?.continueResponse, error), retry: () => this.goOn(responseId) };
      },
    });
  }

  async #addVersion(responseId: string, { pending, ask }: Question): Promise<void> {
    const { store, streams } = this.#context;
    const { turns, versions } = store.read();
    const turn = turns.find(({ responses }) => responses.some(({ id }) => id === responseId));
    const before = turn?.responses.find(({ id }) => id === responseId);
    if (!turn || !before) return;
    if (versions.some(({ turnId, response }) => turnId === turn.id && response.lane === before.lane)) return;
    const version = pending(turn, streams.read(responseId)?.response ?? before);
    store.apply({ type: 'versionAsked', version });
    const isNew = (response: ResponseFieldsFragment) =>
      response.lane === before.lane && !turn.responses.some(({ id }) => id === response.id);
    const { answered, error, retry } = await ask(turn.id, isNew);
    if (answered) {
      store.apply({ type: 'versionTaken', version, turn: answered });
      this.#stops.arrived(answered, (response) => (isNew(response) ? version.response.id : null));
    } else {
      const failed = { error: error ?? toSendError(null), kept: null, retry };
      store.apply({ type: 'versionRefused', version, failed });
    }
  }

  async #lookFor(turnId: string): Promise<TurnFieldsFragment | undefined> {
    const { client, store } = this.#context;
    const { head, through } = store.read();
    if (!head) return undefined;
    const { data } = await client.query(ConversationDocument, { id: head.id, through, last: turnsAtOnce }).toPromise();
    const page = data?.conversation?.turns;
    return page && nodesOf(page).find(({ id }) => id === turnId);
  }
}

function answerOf(outcome: SendOutcome | undefined, problem: unknown) {
  if (outcome?.__typename === 'SendPromptPayload') return { answered: outcome.turn };
  return { error: outcome ?? toSendError(problem) };
}
