import { useCallback, useEffect, useRef, useState } from 'react';
import { type CombinedError, useClient } from 'urql';
import {
  ChooseResponseDocument,
  ConversationDocument,
  type ConversationHeadFragment,
  CreateConversationDocument,
  EarlierTurnsDocument,
  type ModelChoiceFragment,
  RegenerateResponseDocument,
  type ResponseFieldsFragment,
  SendPromptDocument,
  type SendPromptInput,
  type SendPromptMutation,
  StopResponsesDocument,
  type TurnFieldsFragment,
  UpdateConversationDocument,
} from '../graphql/generated/graphql.ts';
import { loadMarkdown } from './answer.tsx';
import type { Asking } from './asking.ts';
import { nodesOf } from './connection.ts';
import type { StreamedResponse } from './response-stream.ts';
import type { SendError } from './send-error.tsx';
import { createTurnStreams, type TurnStreams } from './turn-streams.ts';
import { useReturn } from './use-return.ts';

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
  turns: TurnFieldsFragment[];
  /** A prompt that is on its way, shown as its turn will be. */
  pending: TurnFieldsFragment | null;
  error: SendError | null;
  dismissError(): void;
  /** Resolves to what came of it; null where it was not taken, and `error` says why. */
  send(prompt: string, asking: Asking, before?: TurnFieldsFragment): Promise<Sent | null>;
  regenerate(responseId: string, modelId?: string): void;
  stop(turnId: string, responseIds?: string[]): void;
  choose(turnId: string, responseId: string): void;
  hasEarlier: boolean;
  loadEarlier(): Promise<void>;
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
  const [error, setError] = useState<SendError | null>(null);
  const head = useRef(loaded?.head ?? null);
  /** Of the turns that are shown, made here. */
  const changes = useRef(0);
  const attempt = useRef<{ question: string; key: string } | null>(null);

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

  const put = useCallback((turn: TurnFieldsFragment) => {
    changes.current += 1;
    setTurns((shown) =>
      shown.some(({ id }) => id === turn.id)
        ? shown.map((other) => (other.id === turn.id ? turn : other))
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
    }
    return head.current.id;
  }

  async function send(prompt: string, asking: Asking, before?: TurnFieldsFragment): Promise<Sent | null> {
    setError(null);
    setPending(pendingTurn(prompt, asking.modelIds, models));
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
      if (outcome.__typename !== 'SendPromptPayload') {
        setPending(null);
        setError(outcome);
        return null;
      }
      head.current = outcome.conversation;
      // Where another page or branch follows, the pending turn stands until that is there.
      if (loaded && !before) {
        put(outcome.turn);
        setPending(null);
      }
      return outcome;
    } catch (problem) {
      setPending(null);
      setError(toSendError(problem));
      return null;
    }
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
    setEarlier(page.pageInfo.hasPreviousPage ? (page.pageInfo.startCursor ?? null) : null);
  }

  return {
    streams,
    turns,
    pending,
    error,
    dismissError: () => setError(null),
    send,
    regenerate(responseId, modelId) {
      setError(null);
      void client
        .mutation(RegenerateResponseDocument, { responseId, modelId })
        .toPromise()
        .then(({ data, error }) => {
          const outcome = data?.regenerateResponse;
          if (outcome?.__typename === 'SendPromptPayload') put(outcome.turn);
          else setError(outcome ?? toSendError(error));
        });
    },
    stop(turnId, responseIds) {
      void client
        .mutation(StopResponsesDocument, { turnId, responseIds })
        .toPromise()
        .then(({ error }) => {
          if (error) setError(toSendError(error));
        });
    },
    choose(turnId, responseId) {
      void client
        .mutation(ChooseResponseDocument, { responseId })
        .toPromise()
        .then(({ data, error }) => {
          if (error) setError(toSendError(error));
          const chosen = data?.chooseResponse.chosen ?? null;
          if (!data) return;
          changes.current += 1;
          setTurns((shown) => shown.map((turn) => (turn.id === turnId ? { ...turn, chosen } : turn)));
        });
    },
    hasEarlier: earlier !== null,
    loadEarlier,
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

function pendingTurn(
  prompt: string,
  modelIds: readonly string[],
  models: readonly ModelChoiceFragment[],
): TurnFieldsFragment {
  const createdAt = new Date().toISOString();
  const responses = modelIds.map((id, lane): ResponseFieldsFragment => {
    const model = models.find((candidate) => candidate.id === id) ?? { id, name: id, provider: { id: '', name: '' } };
    return {
      id: `pending-${lane}`,
      lane,
      model,
      servedBy: null,
      status: 'QUEUED',
      text: '',
      reasoning: '',
      citations: [],
      finishReason: null,
      failure: null,
      usage: null,
      creditsHeld: 0,
      creditsCharged: null,
      attempts: [],
      firstTokenMs: null,
      durationMs: null,
      createdAt,
      finishedAt: null,
    };
  });
  return { id: 'pending', parent: null, alternatives: [], prompt, responses, chosen: null, createdAt };
}
