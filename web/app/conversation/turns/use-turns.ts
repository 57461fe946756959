import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type CombinedError, useClient } from 'urql';
import { useReturn } from '../../frame/use-return.ts';
import { earlierThan, nodesOf } from '../../graphql/connection.ts';
import {
  ChooseResponseDocument,
  ContinueResponseDocument,
  ConversationDocument,
  type ConversationHeadFragment,
  CreateConversationDocument,
  DeleteConversationDocument,
  EarlierTurnsDocument,
  type ModelChoiceFragment,
  RegenerateResponseDocument,
  type ResponseFieldsFragment,
  SendPromptDocument,
  type SendPromptInput,
  type SendPromptMutation,
  type TurnFieldsFragment,
  UpdateConversationDocument,
} from '../../graphql/generated/graphql.ts';
import { loadMarkdown } from '../answer/answer.tsx';
import type { Asking } from './asking.ts';
import type { FailedCall, SendError } from './failed-call.ts';
import {
  isPending,
  type PendingVersion,
  pendingContinuation,
  pendingTurn,
  pendingVersion,
  withPending,
} from './pending.ts';
import { isLive, type StreamedResponse } from './response-stream.ts';
import { useStops } from './stops.ts';
import { createTurnStreams, type TurnStreams } from './turn-streams.ts';
import { afterAll } from './versions.ts';

/** A conversation as its page loaded it; null before its first prompt. */
export interface LoadedConversation {
  head: ConversationHeadFragment;
  /** Oldest first, along one branch. */
  turns: TurnFieldsFragment[];
  /** Where the turns before these are; null where there are none. */
  earlier: string | null;
  through: string | null;
}

export interface Turns {
  streams: TurnStreams;
  /** With a version in the lanes that were asked again, from the moment they were. */
  turns: TurnFieldsFragment[];
  /** A prompt that is on its way, shown as its turn will be. */
  pending: TurnFieldsFragment | null;
  /** Of the responses, those whose stop is on its way. */
  stopping: ReadonlySet<string>;
  failed: FailedCall | null;
  dismissFailed(): void;
  /** Resolves to what came of it; null where it was not taken, and `failed` says why. */
  send(prompt: string, asking: Asking, how: SendHow): Promise<Sent | null>;
  /** Once at a time in each lane. */
  regenerate(responseId: string, modelId?: string): void;
  stop(turnId: string, responseIds?: string[]): void;
  /** Goes on with an answer that was cut off; once at a time in each lane. */
  goOn(responseId: string): void;
  choose(turnId: string, responseId: string): void;
  /** At once, and told to the API. */
  show(turnId: string, responseId: string): void;
  hasEarlier: boolean;
  loadEarlier(): Promise<void>;
}

export interface SendHow {
  /** The turn in whose place it is sent; absent: after the last one. */
  before?: TurnFieldsFragment;
  /** Where its words are while it is on its way, and how it is sent again from there. */
  kept: FailedCall['kept'];
  retry: () => void;
}

export type Sent = Extract<SendPromptMutation['sendPrompt'], { __typename: 'SendPromptPayload' }>;

/** How many turns are asked for at once. */
export const turnsAtOnce = 10;

/** The turns of one branch: as loaded, as sent and changed since, and as their streams bring them. */
export function useTurns(
  loaded: LoadedConversation | null,
  models: readonly ModelChoiceFragment[],
  onStatus: (state: StreamedResponse) => void,
): Turns {
  const client = useClient();
  const [streams] = useState(() => createTurnStreams(client, { onStatus }));
  const [turns, setTurns] = useState(loaded?.turns ?? []);
  const [earlier, setEarlier] = useState(loaded?.earlier ?? null);
  const [pending, setPending] = useState<TurnFieldsFragment | null>(null);
  const [versions, setVersions] = useState<readonly PendingVersion[]>([]);
  const [failed, setFailed] = useState<FailedCall | null>(null);
  const stops = useStops((error, retry) => setFailed({ error: toSendError(error), kept: null, retry }));
  const head = useRef(loaded?.head ?? null);
  /** A conversation that was made for a prompt which has not arrived yet. */
  const unsent = useRef<string | null>(null);
  const standing = useRef(true);
  const sending = useRef(false);
  /** Turn and lane of each answer that is being asked for again. */
  const askedLanes = useRef(new Set<string>());
  /** Of the turns that are shown, made here. */
  const changes = useRef(0);
  const attempt = useRef<{ question: string; key: string } | null>(null);
  /** By turn: the version that was gone to last, while the API is told. */
  const wantedVersion = useRef(new Map<string, string>());

  useEffect(() => {
    // After the renderer is there, so that no answer begins as plain text and is laid out anew.
    let wanted = true;
    void loadMarkdown().finally(() => {
      if (wanted) for (const turn of turns) streams.hold(turn.id, turn.responses);
    });
    return () => {
      wanted = false;
    };
  }, [streams, turns]);
  useEffect(() => () => streams.close(), [streams]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: when the page goes, and only then
  useEffect(() => {
    standing.current = true;
    return () => {
      standing.current = false;
      if (!sending.current) void discardUnsent();
    };
  }, []);

  const put = useCallback((turn: TurnFieldsFragment) => {
    changes.current += 1;
    setTurns((shown) =>
      shown.some(({ id }) => id === turn.id)
        ? shown.map((other) => (other.id === turn.id ? withAllOf(turn, other) : other))
        : [...shown, turn],
    );
  }, []);

  /** The conversation that a prompt with a system prompt of its own needs before it can be sent. */
  async function prepare(asking: Asking): Promise<string | null> {
    const { systemPrompt, modelIds } = asking;
    if (head.current && (head.current.systemPrompt ?? '') === systemPrompt) return head.current.id;
    if (!head.current && !systemPrompt) return null;
    if (head.current) {
      const input = { id: head.current.id, systemPrompt };
      const { data, error } = await client.mutation(UpdateConversationDocument, { input }).toPromise();
      if (!data) throw error;
      head.current = data.updateConversation;
    } else {
      const { data, error } = await client
        .mutation(CreateConversationDocument, { input: { systemPrompt, modelIds } })
        .toPromise();
      if (!data) throw error;
      head.current = data.createConversation;
      unsent.current = head.current.id;
    }
    return head.current.id;
  }

  /** A conversation that nothing was said in is not left behind. */
  async function discardUnsent(): Promise<void> {
    const id = unsent.current;
    if (!id) return;
    unsent.current = null;
    head.current = null;
    // The prompt may have arrived although nothing came back.
    const { data } = await client.query(ConversationDocument, { id, last: 1 }).toPromise();
    if (data?.conversation?.turns.edges.length === 0)
      await client.mutation(DeleteConversationDocument, { id }).toPromise();
  }

  async function send(prompt: string, asking: Asking, how: SendHow): Promise<Sent | null> {
    const { before, kept, retry } = how;
    const asked = pendingTurn(prompt, asking.modelIds, models);
    const refuse = (error: SendError) => {
      sending.current = false;
      setPending(null);
      setFailed({ error, kept, retry });
      // Who only lost the connection tries again, in the same conversation.
      if (error.__typename !== 'Unreachable' || !standing.current) void discardUnsent();
      return null;
    };
    sending.current = true;
    setFailed(null);
    setPending(asked);
    try {
      const input: SendPromptInput = {
        conversationId: await prepare(asking),
        ...place(turns, before),
        prompt,
        modelIds: asking.modelIds,
        parameters: asking.parameters,
      };
      const question = JSON.stringify(input);
      // A retry of the same question carries the same key: should the first have arrived, it is not asked twice.
      if (attempt.current?.question !== question) attempt.current = { question, key: randomKey() };
      const { data, error } = await client
        .mutation(SendPromptDocument, { input: { ...input, idempotencyKey: attempt.current.key } })
        .toPromise();
      if (!data) throw error;
      const outcome = data.sendPrompt;
      attempt.current = null;
      if (outcome.__typename !== 'SendPromptPayload') return refuse(outcome);
      sending.current = false;
      unsent.current = null;
      head.current = outcome.conversation;
      stops.arrived(outcome.turn, ({ lane }) => asked.responses[lane]?.id ?? null);
      // Where another page or branch follows, the pending turn stands until that is there.
      if (loaded && !before) {
        put(outcome.turn);
        setPending(null);
      }
      return outcome;
    } catch (problem) {
      return refuse(toSendError(problem));
    }
  }

  /** One more version in the lane of a response, as `ask` has it made; once at a time in each lane. */
  async function addVersion(
    responseId: string,
    {
      pending,
      ask,
    }: { pending: (turn: TurnFieldsFragment, before: ResponseFieldsFragment) => PendingVersion; ask: Ask },
  ): Promise<void> {
    const turn = turns.find(({ responses }) => responses.some(({ id }) => id === responseId));
    const before = turn?.responses.find(({ id }) => id === responseId);
    if (!turn || !before) return;
    const lane = `${turn.id} ${before.lane}`;
    if (askedLanes.current.has(lane)) return;
    askedLanes.current.add(lane);
    setFailed(null);
    const version = pending(turn, streams.read(responseId)?.response ?? before);
    setVersions((all) => [...all, version]);
    const isNew = (response: ResponseFieldsFragment) =>
      response.lane === before.lane && !turn.responses.some(({ id }) => id === response.id);
    const { answered, error, retry } = await ask(turn.id, isNew);
    askedLanes.current.delete(lane);
    setVersions((all) => all.filter((other) => other !== version));
    if (answered) {
      put(answered);
      stops.arrived(answered, (response) => (isNew(response) ? version.response.id : null));
    } else {
      setFailed({ error: error ?? toSendError(null), kept: null, retry });
    }
  }

  /**
   * @param lost whether it was asked before and nothing came back: it may have arrived, and is looked for first, for
   * the API takes no key that would tell it from another wish for one more answer
   */
  function regenerate(responseId: string, modelId?: string, lost = false): void {
    void addVersion(responseId, {
      pending: (turn, before) => pendingVersion(turn, before, modelId, models),
      async ask(turnId, isNew) {
        const found = lost ? await lookFor(turnId) : undefined;
        const retryLost = () => regenerate(responseId, modelId, true);
        if (found?.responses.some(isNew)) return { answered: found, retry: retryLost };
        const { data, error } = await client.mutation(RegenerateResponseDocument, { responseId, modelId }).toPromise();
        const retry = data ? () => regenerate(responseId, modelId) : retryLost;
        return { ...outcomeOf(data?.regenerateResponse, error), retry };
      },
    });
  }

  /** The API continues a response once: nothing is lost by asking again. */
  function goOn(responseId: string): void {
    void addVersion(responseId, {
      pending: pendingContinuation,
      async ask() {
        const { data, error } = await client.mutation(ContinueResponseDocument, { responseId }).toPromise();
        return { ...outcomeOf(data?.continueResponse, error), retry: () => goOn(responseId) };
      },
    });
  }

  async function choose(turnId: string, responseId: string, { laneOnly }: { laneOnly: boolean }): Promise<void> {
    changes.current += 1;
    const { data, error } = await client.mutation(ChooseResponseDocument, { responseId, laneOnly }).toPromise();
    if (error) {
      const retry = () => void choose(turnId, responseId, { laneOnly });
      setFailed({ error: toSendError(error), kept: null, retry });
    }
    if (!data || wantedVersion.current.get(turnId) !== (laneOnly ? responseId : undefined)) return;
    changes.current += 1;
    const { chosen, responses } = data.chooseResponse;
    const chosenAt = new Map(responses.map((response) => [response.id, response.chosenAt]));
    const told = (turn: TurnFieldsFragment): TurnFieldsFragment => ({
      ...turn,
      chosen,
      responses: turn.responses.map((response) => ({
        ...response,
        chosenAt: chosenAt.get(response.id) ?? response.chosenAt,
      })),
    });
    setTurns((shown) => shown.map((turn) => (turn.id === turnId ? told(turn) : turn)));
  }

  /** One at a time, so that the version that was gone to last is the one that is told last. */
  async function tellShown(turnId: string): Promise<void> {
    for (let told: string | undefined; ; ) {
      const wanted = wantedVersion.current.get(turnId);
      if (wanted === undefined || wanted === told) break;
      told = wanted;
      await choose(turnId, wanted, { laneOnly: true });
    }
    wantedVersion.current.delete(turnId);
  }

  async function lookFor(turnId: string): Promise<TurnFieldsFragment | undefined> {
    if (!loaded) return undefined;
    const { data } = await client
      .query(ConversationDocument, { id: loaded.head.id, through: loaded.through, last: turnsAtOnce })
      .toPromise();
    const page = data?.conversation?.turns;
    return page && nodesOf(page).find(({ id }) => id === turnId);
  }

  async function catchUp(): Promise<void> {
    if (!loaded || pending) return;
    const { id } = loaded.head;
    const changesBefore = changes.current;
    const { data } = await client
      .query(ConversationDocument, { id, through: loaded.through, last: turnsAtOnce })
      .toPromise();
    const page = data?.conversation?.turns;
    // What was changed here meanwhile may be missing in it.
    if (page && changes.current === changesBefore) setTurns((shown) => withNews(shown, nodesOf(page)));
  }
  useReturn(() => void catchUp());

  async function loadEarlier(): Promise<void> {
    if (!earlier || !loaded) return;
    const { data } = await client
      .query(EarlierTurnsDocument, {
        id: loaded.head.id,
        through: loaded.through,
        last: turnsAtOnce,
        before: earlier,
      })
      .toPromise();
    const page = data?.conversation?.turns;
    if (!page) return;
    setTurns((shown) => [...nodesOf(page), ...shown]);
    setEarlier(earlierThan(page));
  }

  const shown = useMemo(() => turns.map((turn) => withPending(turn, versions)), [turns, versions]);

  return {
    streams,
    turns: shown,
    pending,
    stopping: stops.stopping,
    failed,
    dismissFailed() {
      setFailed(null);
      void discardUnsent();
    },
    send,
    regenerate: (responseId, modelId) => regenerate(responseId, modelId),
    goOn,
    stop(turnId, responseIds) {
      const turn = pending?.id === turnId ? pending : shown.find(({ id }) => id === turnId);
      const isWritten = ({ id, status }: ResponseFieldsFragment) =>
        isLive(streams.read(id)?.response.status ?? status) && !stops.stopping.has(id);
      stops.stop(turnId, responseIds ?? turn?.responses.filter(isWritten).map(({ id }) => id) ?? []);
    },
    choose: (turnId, responseId) => void choose(turnId, responseId, { laneOnly: false }),
    show(turnId, responseId) {
      // The API has no name for it yet.
      if (isPending(responseId)) return;
      const isQueued = wantedVersion.current.has(turnId);
      wantedVersion.current.set(turnId, responseId);
      setTurns((shown) => shown.map((turn) => (turn.id === turnId ? withShown(turn, responseId) : turn)));
      if (!isQueued) void tellShown(turnId);
    },
    hasEarlier: earlier !== null,
    loadEarlier,
  };
}

/** Asks the API for a version: the turn with it, or why there is none. */
type Ask = (
  turnId: string,
  isNew: (response: ResponseFieldsFragment) => boolean,
) => Promise<{ answered?: TurnFieldsFragment | undefined; error?: SendError | undefined; retry: () => void }>;

function outcomeOf(outcome: SendPromptMutation['sendPrompt'] | undefined, problem: unknown) {
  if (outcome?.__typename === 'SendPromptPayload') return { answered: outcome.turn };
  return { error: outcome ?? toSendError(problem) };
}

/** As the API will tell it: the version is shown that was chosen last. */
function withShown(turn: TurnFieldsFragment, responseId: string): TurnFieldsFragment {
  const { lane } = turn.responses.find(({ id }) => id === responseId) ?? {};
  const chosenAt = new Date(Date.parse(afterAll(turn.responses)) + 1).toISOString();
  return {
    ...turn,
    // The chosen answer is of a lane, and goes along with what that shows.
    chosen: turn.responses.some(({ id, ...other }) => id === turn.chosen?.id && other.lane === lane)
      ? { id: responseId }
      : turn.chosen,
    responses: turn.responses.map((response) => (response.id === responseId ? { ...response, chosenAt } : response)),
  };
}

/** The branch that is shown, with what was done to it elsewhere; another branch is not gone over to unasked. */
function withNews(shown: TurnFieldsFragment[], found: readonly TurnFieldsFragment[]): TurnFieldsFragment[] {
  const last = shown.at(-1);
  const lastAt = found.findIndex(({ id }) => id === last?.id);
  if (last && lastAt < 0) return shown;
  const foundById = new Map(found.map((turn) => [turn.id, turn]));
  return [...shown.map((turn) => foundById.get(turn.id) ?? turn), ...found.slice(lastAt + 1)];
}

/** A turn as it was told last. Two changes may overtake each other, and no answer is ever taken back. */
function withAllOf(turn: TurnFieldsFragment, before: TurnFieldsFragment): TurnFieldsFragment {
  const missing = before.responses.filter(({ id }) => turn.responses.every((response) => response.id !== id));
  return missing.length === 0 ? turn : { ...turn, responses: [...turn.responses, ...missing] };
}

/** In another turn's place: beside it, under the same parent. Else after the last one that is shown. */
function place(turns: readonly TurnFieldsFragment[], before?: TurnFieldsFragment) {
  if (!before) return { parentTurnId: turns.at(-1)?.id };
  return before.parent ? { parentTurnId: before.parent.id } : { atStart: true };
}

/** What the API said, or that it said nothing. */
function toSendError(problem: unknown): SendError {
  const { graphQLErrors = [] } = (problem ?? {}) as Partial<CombinedError>;
  const [first] = graphQLErrors;
  if (first?.extensions.code === 'UNAUTHENTICATED') return { __typename: 'SignedOut', message: 'You are signed out.' };
  return { __typename: 'Unreachable', message: first?.message ?? 'The server could not be reached.' };
}

/** crypto.randomUUID is there in secure contexts only; a server on the local network is often plain http. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
