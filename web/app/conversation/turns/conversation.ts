import type { Client } from '@urql/core';
import { earlierThan, nodesOf } from '../../graphql/connection.ts';
import {
  ConversationDocument,
  EarlierTurnsDocument,
  LaterTurnsDocument,
  type ModelChoiceFragment,
  type ResponseFieldsFragment,
  type TurnFieldsFragment,
} from '../../graphql/generated/graphql.ts';
import { isLive, type StreamedResponse } from '../following/response-stream.ts';
import { TurnStreams } from '../following/turn-streams.ts';
import type { Asking, Question } from './asking.ts';
import { AskingAgain } from './asking-again.ts';
import { Choices } from './choices.ts';
import {
  absentTurns,
  type FirstChoice,
  initialState,
  type LoadedConversation,
  shownTurns,
} from './conversation-state.ts';
import { type ConversationContext, ConversationStore } from './conversation-store.ts';
import type { FailedCall, Sent } from './failed-call.ts';
import { turnsAtOnce } from './page-of-turns.ts';
import { pendingPrompt } from './pending.ts';
import { PromptSender } from './prompt-sender.ts';
import { Stops } from './stops.ts';

interface ConversationOptions {
  client: Client;
  models: readonly ModelChoiceFragment[];
  /** Null for a new conversation. */
  loaded: LoadedConversation | null;
  first: FirstChoice;
  /** The folder in which a new conversation begins; null or absent: in none. */
  folderId?: string | null;
  onStatus: (state: StreamedResponse) => void;
}

interface SendOptions {
  /** The turn in whose place the prompt is sent; null to send it after the last one. */
  instead: TurnFieldsFragment | null;
  /** Where the text is kept while the prompt is on its way. `retry` sends it again from there. */
  kept: FailedCall['kept'];
  retry: () => void;
}

/** One conversation with all its actions, from before its first prompt on. */
export class Conversation {
  readonly store: ConversationStore;
  readonly streams: TurnStreams;
  readonly #context: ConversationContext;
  readonly #sender: PromptSender;
  readonly #stops: Stops;
  readonly #choices: Choices;
  readonly #askingAgain: AskingAgain;

  constructor({ client, models, loaded, first, folderId = null, onStatus }: ConversationOptions) {
    this.store = new ConversationStore(initialState(loaded, first));
    this.streams = new TurnStreams(client, { onStatus });
    this.#context = { client, models, store: this.store, streams: this.streams };
    this.#sender = new PromptSender(client, folderId);
    this.#stops = new Stops(this.#context);
    this.#choices = new Choices(this.#context);
    this.#askingAgain = new AskingAgain(this.#context, this.#stops);
  }

  /** To be called when the page is mounted. Its turns are followed once `streams.hold` is called with them. */
  open(): void {
    this.#sender.open();
  }

  /** To be called when the page goes: ends all streams. A prompt on its way is still waited for. */
  close(): void {
    this.streams.close();
    this.#sender.close();
  }

  /** Says whether the conversation, if a prompt has yet to make it, is to be a temporary one. */
  readonly chooseTemporary = (temporary: boolean): void => {
    this.#sender.isTemporary = temporary;
  };

  /** Shows another branch of the conversation, as it was loaded. */
  showBranch(loaded: LoadedConversation): void {
    this.store.apply({ type: 'branchLoaded', loaded });
  }

  /** Resolves to the prompt's turn and conversation; null if the API did not take it: then the state's `failed` says why. */
  async send(question: Question, asking: Asking, { instead, kept, retry }: SendOptions): Promise<Sent | null> {
    const { models } = this.#context;
    if (!instead) this.showEnd();
    const { head, turns, earlier } = this.store.read();
    const prompt = pendingPrompt(question, asking, { instead, models });
    this.store.apply({ type: 'promptSent', prompt });
    const outcome = await this.#sender.send({
      head,
      question,
      asking,
      place: placeOf(turns, instead),
      onHead: (changed) => this.store.apply({ type: 'headChanged', head: changed }),
    });
    if (outcome.__typename !== 'SendPromptPayload') {
      this.store.apply({ type: 'promptRefused', prompt, failed: { error: outcome, kept, retry } });
      return null;
    }
    this.store.apply({ type: 'promptTaken', prompt, sent: outcome });
    this.#stops.arrived(outcome.turn, ({ lane }) => prompt.turn.responses[lane]?.id ?? null);
    if (instead && instead.id === turns[0]?.id && earlier !== null) void this.#findEarlier(outcome);
    return outcome;
  }

  readonly dismissFailed = (): void => {
    this.store.apply({ type: 'failureDismissed' });
    void this.#sender.discardUnsent();
  };

  readonly regenerate = (responseId: string, modelId?: string): void =>
    this.#askingAgain.regenerate(responseId, modelId);

  readonly goOn = (responseId: string): void => this.#askingAgain.goOn(responseId);

  /** Takes a turn as the API told it after a verdict. Other turns of the same secret models are revealed with it. */
  readonly told = (turn: TurnFieldsFragment): void => {
    this.store.apply({ type: 'turnTold', turn });
    if (this.store.read().turns.some(({ hidden }) => hidden)) void this.catchUp();
  };

  readonly show = (turnId: string, responseId: string): void => this.#choices.show(turnId, responseId);

  /** Stops the named responses, or all responses of the turn that are being written. */
  readonly stop = (turnId: string, responseIds?: readonly string[]): void => {
    const state = this.store.read();
    const isWritten = ({ id, status }: ResponseFieldsFragment) =>
      isLive(this.streams.read(id)?.response.status ?? status) && !state.stopping.has(id);
    const turn = [...shownTurns(state), ...absentTurns(state)].find(({ id }) => id === turnId);
    const ids = responseIds ?? turn?.responses.filter(isWritten).map(({ id }) => id) ?? [];
    if (ids.length > 0) this.#stops.stop(turnId, ids);
  };

  /** Stops everything that is being written, also in turns that are not in the page. */
  readonly stopAll = (): void => {
    const state = this.store.read();
    for (const { id } of [...shownTurns(state), ...absentTurns(state)]) this.stop(id);
  };

  /** Whether no answer is being written, or waited for. */
  isIdle(): boolean {
    const isWritten = ({ id, status }: ResponseFieldsFragment) =>
      isLive(this.streams.read(id)?.response.status ?? status);
    const state = this.store.read();
    return ![...shownTurns(state), ...absentTurns(state)].some(({ responses }) => responses.some(isWritten));
  }

  /** Loads the changes that were made to the conversation elsewhere. */
  async catchUp(): Promise<void> {
    const { head, prompt, through, changes } = this.store.read();
    if (!head || prompt) return;
    const page = await this.#load(head.id, through, turnsAtOnce);
    if (page) this.store.apply({ type: 'caughtUp', turns: nodesOf(page), changes });
  }

  /** Loads the turns before those that are here. @returns whether that succeeded, or there are none */
  readonly loadEarlier = async (): Promise<boolean> => {
    const { head, through, earlier } = this.store.read();
    if (!head || !earlier) return true;
    const variables = { id: head.id, through, last: turnsAtOnce, before: earlier };
    const { data } = await this.#context.client.query(EarlierTurnsDocument, variables).toPromise();
    const page = data?.conversation?.turns;
    if (!page) return false;
    this.store.apply({ type: 'earlierLoaded', turns: nodesOf(page), before: earlier, earlier: earlierThan(page) });
    return true;
  };

  /** Loads the turns behind those that are here. @returns whether that succeeded, or there are none */
  readonly loadLater = async (): Promise<boolean> => {
    const { head, through, later } = this.store.read();
    if (!head || !later) return true;
    const variables = { id: head.id, through: through ?? later.newest.id, first: turnsAtOnce, after: later.cursor };
    const { data } = await this.#context.client.query(LaterTurnsDocument, variables).toPromise();
    const page = data?.conversation?.turns;
    if (!page) return false;
    const isEnd = !page.pageInfo.hasNextPage;
    this.store.apply({ type: 'laterLoaded', turns: nodesOf(page), after: later.cursor, isEnd });
    return true;
  };

  /** Shows the newest turn, if it is not here, in place of those that are. */
  readonly showEnd = (): void => this.store.apply({ type: 'endShown' });

  /** Lets go of the turns before and behind these two. Turns with an answer that is being written stay, and those between. */
  readonly leave = (firstId: string, lastId: string): void => {
    const { turns, prompt, versions } = this.store.read();
    if (prompt || versions.length > 0) return;
    const isWritten = ({ responses }: TurnFieldsFragment) =>
      responses.some(({ id, status }) => isLive(this.streams.read(id)?.response.status ?? status));
    const behind = turns.slice(turns.findIndex(({ id }) => id === lastId) + 1);
    const last = behind.some(isWritten) ? (turns.at(-1)?.id ?? lastId) : lastId;
    this.store.apply({ type: 'turnsLeft', firstId, lastId: last });
  };

  /** Looks for the cursor of the turns before one that was sent in the place of the first shown turn. */
  async #findEarlier({ conversation, turn }: Sent): Promise<void> {
    const page = await this.#load(conversation.id, turn.id, 1);
    if (page) this.store.apply({ type: 'earlierFound', through: turn.id, earlier: earlierThan(page) });
  }

  async #load(id: string, through: string | null, last: number) {
    const { data } = await this.#context.client.query(ConversationDocument, { id, through, last }).toPromise();
    return data?.conversation?.turns;
  }
}

/** Where a prompt is sent: beside `instead`, under the same parent, or else after the last shown turn. */
function placeOf(turns: readonly TurnFieldsFragment[], instead: TurnFieldsFragment | null) {
  if (!instead) return { parentTurnId: turns.at(-1)?.id };
  return instead.parent ? { parentTurnId: instead.parent.id } : { atStart: true };
}
