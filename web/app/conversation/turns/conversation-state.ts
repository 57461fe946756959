import type {
  ChooseResponseMutation,
  ConversationHeadFragment,
  TurnFieldsFragment,
} from '../../graphql/generated/graphql.ts';
import { type Choice, modelsOfTurn } from './asking.ts';
import type { FailedCall, Sent } from './failed-call.ts';
import { type PendingPrompt, type PendingVersion, withPending } from './pending.ts';
import { afterAll } from './versions.ts';

/** A conversation as its page loaded it. */
export interface LoadedConversation {
  head: ConversationHeadFragment;
  /** Oldest first, along one branch. */
  turns: TurnFieldsFragment[];
  /** Where the turns before these are; null where there are none. */
  earlier: string | null;
  /** A turn of the branch; null: the branch of the latest turn. */
  through: string | null;
}

/** One branch of a conversation: as loaded, and as sent and changed since. What streams bring is not in here. */
export interface ConversationState extends Omit<LoadedConversation, 'head' | 'turns'> {
  /** Null before the first prompt was taken. */
  head: ConversationHeadFragment | null;
  turns: readonly TurnFieldsFragment[];
  /** Who was asked last, or is to be asked first. */
  asked: Choice;
  /** The prompt that is on its way. */
  prompt: PendingPrompt | null;
  /** Answers that are asked for again: one at a time in each lane. */
  versions: readonly PendingVersion[];
  /** The responses that were asked to stop. */
  stopping: ReadonlySet<string>;
  failed: FailedCall | null;
  /** By a turn's id: the key of the pending prompt that became it. */
  keys: ReadonlyMap<string, string>;
  /** How often the turns were changed here. What was asked before a change and comes after it is old. */
  changes: number;
}

export type ConversationEvent =
  | { type: 'branchLoaded'; loaded: LoadedConversation }
  | { type: 'earlierLoaded'; turns: readonly TurnFieldsFragment[]; before: string; earlier: string | null }
  | { type: 'earlierFound'; through: string; earlier: string | null }
  | { type: 'caughtUp'; turns: readonly TurnFieldsFragment[]; changes: number }
  | { type: 'headChanged'; head: ConversationHeadFragment }
  | { type: 'promptSent'; prompt: PendingPrompt }
  | { type: 'promptTaken'; prompt: PendingPrompt; sent: Sent }
  | { type: 'promptRefused'; prompt: PendingPrompt; failed: FailedCall }
  | { type: 'versionAsked'; version: PendingVersion }
  | { type: 'versionTaken'; version: PendingVersion; turn: TurnFieldsFragment }
  | { type: 'versionRefused'; version: PendingVersion; failed: FailedCall }
  | { type: 'versionShown'; turnId: string; responseId: string }
  | { type: 'choiceSent' }
  | { type: 'choiceTold'; turn: ChooseResponseMutation['chooseResponse'] }
  | { type: 'stopSent'; responseIds: readonly string[] }
  | { type: 'stopRefused'; responseIds: readonly string[]; failed: FailedCall }
  | { type: 'failed'; failed: FailedCall }
  | { type: 'failureDismissed' };

/** @param first whom a conversation asks that has no turn yet */
export function initialState(loaded: LoadedConversation | null, first: readonly string[]): ConversationState {
  return {
    head: loaded?.head ?? null,
    through: loaded?.through ?? null,
    turns: loaded?.turns ?? [],
    earlier: loaded?.earlier ?? null,
    asked: loaded ? askedLast(loaded, first) : { modelIds: [...first], systemPrompt: '' },
    prompt: null,
    versions: [],
    stopping: new Set(),
    failed: null,
    keys: new Map(),
    changes: 0,
  };
}

/** What an event makes of a conversation; the same state where it changes nothing. */
export function reduce(state: ConversationState, event: ConversationEvent): ConversationState {
  switch (event.type) {
    case 'branchLoaded': {
      const { head, turns, earlier, through } = event.loaded;
      const asked = askedLast(event.loaded, state.asked.modelIds);
      return changed({ ...state, head, turns, earlier, through, asked, prompt: null, failed: null });
    }
    case 'earlierLoaded':
      // Another branch may have come meanwhile.
      if (state.earlier !== event.before) return state;
      return { ...state, turns: [...event.turns, ...state.turns], earlier: event.earlier };
    case 'earlierFound':
      return state.through === event.through ? { ...state, earlier: event.earlier } : state;
    case 'caughtUp':
      return state.changes === event.changes ? { ...state, turns: withNews(state.turns, event.turns) } : state;
    case 'headChanged':
      return { ...state, head: event.head };
    case 'promptSent': {
      const { prompt } = event;
      return { ...state, prompt, asked: prompt.instead ? state.asked : prompt.choice, failed: null };
    }
    case 'promptTaken':
      return withSent(state, event.prompt, event.sent);
    case 'promptRefused':
      return { ...state, prompt: state.prompt === event.prompt ? null : state.prompt, failed: event.failed };
    case 'versionAsked':
      return { ...state, versions: [...state.versions, event.version], failed: null };
    case 'versionTaken': {
      const versions = state.versions.filter((version) => version !== event.version);
      return changed({ ...state, versions, turns: withTold(state.turns, event.turn) });
    }
    case 'versionRefused':
      return {
        ...state,
        versions: state.versions.filter((version) => version !== event.version),
        failed: event.failed,
      };
    case 'versionShown': {
      const { turnId, responseId } = event;
      const show = (turn: TurnFieldsFragment) => (turn.id === turnId ? withShown(turn, responseId) : turn);
      return { ...state, turns: state.turns.map(show) };
    }
    case 'choiceSent':
      return changed(state);
    case 'choiceTold': {
      const choose = (turn: TurnFieldsFragment) => (turn.id === event.turn.id ? withChoice(turn, event.turn) : turn);
      return changed({ ...state, turns: state.turns.map(choose) });
    }
    case 'stopSent':
      return { ...state, stopping: new Set([...state.stopping, ...event.responseIds]) };
    case 'stopRefused': {
      const stopping = new Set([...state.stopping].filter((id) => !event.responseIds.includes(id)));
      return { ...state, stopping, failed: event.failed };
    }
    case 'failed':
      return { ...state, failed: event.failed };
    case 'failureDismissed':
      return state.failed ? { ...state, failed: null } : state;
  }
}

/** The turns with what is on its way in them, and after them the prompt that is. A turn without is the same object. */
export function shownTurns({
  turns,
  versions,
  prompt,
}: Pick<ConversationState, 'turns' | 'versions' | 'prompt'>): readonly TurnFieldsFragment[] {
  const shown = turns.map((turn) => withPending(turn, versions));
  return prompt ? [...shown, prompt.turn] : shown;
}

/** The same for a prompt that is on its way and for the turn that it becomes. */
export function keyOf({ prompt, keys }: ConversationState, turn: TurnFieldsFragment): string {
  return turn.id === prompt?.turn.id ? prompt.key : (keys.get(turn.id) ?? turn.id);
}

function changed(state: ConversationState): ConversationState {
  return { ...state, changes: state.changes + 1 };
}

function askedLast({ head, turns }: LoadedConversation, first: readonly string[]): Choice {
  const last = turns.at(-1);
  return { modelIds: last ? modelsOfTurn(last) : [...first], systemPrompt: head.systemPrompt ?? '' };
}

function withSent(state: ConversationState, prompt: PendingPrompt, { conversation, turn }: Sent): ConversationState {
  // It is of a branch that was left meanwhile.
  if (state.prompt !== prompt) return { ...state, head: conversation };
  const taken = {
    ...state,
    head: conversation,
    asked: prompt.choice,
    prompt: null,
    keys: new Map(state.keys).set(turn.id, prompt.key),
  };
  if (!prompt.instead) return changed({ ...taken, turns: withTold(state.turns, turn) });
  const at = state.turns.findIndex(({ id }) => id === prompt.instead?.id);
  // Where those before the first turn are, its own branch said.
  const earlier = at > 0 ? state.earlier : null;
  return changed({ ...taken, turns: [...state.turns.slice(0, at), turn], earlier, through: turn.id });
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

function withChoice(
  turn: TurnFieldsFragment,
  { chosen, responses }: ChooseResponseMutation['chooseResponse'],
): TurnFieldsFragment {
  const chosenAt = new Map(responses.map((response) => [response.id, response.chosenAt]));
  const told = turn.responses.map((response) => ({
    ...response,
    chosenAt: chosenAt.get(response.id) ?? response.chosenAt,
  }));
  return { ...turn, chosen, responses: told };
}

/** The branch that is shown, with what was done to it elsewhere; another branch is not gone over to unasked. */
function withNews(
  shown: readonly TurnFieldsFragment[],
  found: readonly TurnFieldsFragment[],
): readonly TurnFieldsFragment[] {
  const last = shown.at(-1);
  const lastAt = found.findIndex(({ id }) => id === last?.id);
  if (last && lastAt < 0) return shown;
  const foundById = new Map(found.map((turn) => [turn.id, turn]));
  return [...shown.map((turn) => foundById.get(turn.id) ?? turn), ...found.slice(lastAt + 1)];
}

/** The turns with this one as it was told last; after them where it is new. */
function withTold(turns: readonly TurnFieldsFragment[], told: TurnFieldsFragment): readonly TurnFieldsFragment[] {
  if (turns.every(({ id }) => id !== told.id)) return [...turns, told];
  return turns.map((turn) => (turn.id === told.id ? withAllOf(told, turn) : turn));
}

/** Two changes may overtake each other, and no answer is ever taken back. */
function withAllOf(turn: TurnFieldsFragment, before: TurnFieldsFragment): TurnFieldsFragment {
  const missing = before.responses.filter(({ id }) => turn.responses.every((response) => response.id !== id));
  return missing.length === 0 ? turn : { ...turn, responses: [...turn.responses, ...missing] };
}
