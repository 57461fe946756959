import type {
  ChooseResponseMutation,
  ConversationHeadFragment,
  TurnFieldsFragment,
} from '../../graphql/generated/graphql.ts';
import { isLive } from '../following/response-stream.ts';
import { agentAfter, type Choice, drawCountAfter, mergeAfter, modelsOfTurn } from './asking.ts';
import type { FailedCall, Sent } from './failed-call.ts';
import { type PendingPrompt, type PendingVersion, withPending } from './pending.ts';
import { afterAll } from './versions.ts';

export interface LaterTurns {
  /** The cursor of the turns behind those that are here. */
  cursor: string;
  /** The newest turn of the branch, which the next prompt follows. */
  newest: TurnFieldsFragment;
}

/** A conversation as its page loaded it. */
export interface LoadedConversation {
  head: ConversationHeadFragment;
  /** Oldest first, along one branch. */
  turns: TurnFieldsFragment[];
  /** The cursor of the turns before these; null if there are none. */
  earlier: string | null;
  /** The turns behind these that are not here; null: there are none. */
  later: LaterTurns | null;
  /** The turns with an answer that was being written when the API told of them, wherever they are. */
  writing: readonly TurnFieldsFragment[];
  /** A turn of the branch; null for the branch of the latest turn. */
  through: string | null;
  /** The turn at which the page opens; null: the newest one. */
  at: string | null;
}

/** One branch of a conversation, as it was loaded and changed since. TurnStreams holds what streams bring. */
export interface ConversationState extends Omit<LoadedConversation, 'head' | 'turns' | 'at'> {
  /** Null before the first prompt was taken. */
  head: ConversationHeadFragment | null;
  turns: readonly TurnFieldsFragment[];
  /** The choice of the last prompt; before the first prompt, the choice to begin with. */
  asked: Choice;
  /** The prompt that is on its way. */
  prompt: PendingPrompt | null;
  /** The answers that are asked for again, at most one in each lane. */
  versions: readonly PendingVersion[];
  /** The ids of the responses that were asked to stop. */
  stopping: ReadonlySet<string>;
  failed: FailedCall | null;
  /** The key of the pending prompt that became a turn, by the turn's id. */
  keys: ReadonlyMap<string, string>;
  /** How often the turns were changed here. A reply to a query from before the last change is out of date. */
  changes: number;
}

export type ConversationEvent =
  | { type: 'branchLoaded'; loaded: LoadedConversation }
  | { type: 'earlierLoaded'; turns: readonly TurnFieldsFragment[]; before: string; earlier: string | null }
  | { type: 'earlierFound'; through: string; earlier: string | null }
  | { type: 'laterLoaded'; turns: readonly TurnFieldsFragment[]; after: string; isEnd: boolean }
  | { type: 'endShown' }
  | { type: 'turnsLeft'; firstId: string; lastId: string }
  | { type: 'caughtUp'; turns: readonly TurnFieldsFragment[]; changes: number }
  | { type: 'headChanged'; head: ConversationHeadFragment }
  | { type: 'promptSent'; prompt: PendingPrompt }
  | { type: 'promptTaken'; prompt: PendingPrompt; sent: Sent }
  | { type: 'promptRefused'; prompt: PendingPrompt; failed: FailedCall }
  | { type: 'versionAsked'; version: PendingVersion }
  | { type: 'versionTaken'; version: PendingVersion; turn: TurnFieldsFragment }
  | { type: 'versionRefused'; version: PendingVersion; failed: FailedCall }
  | { type: 'versionShown'; turnId: string; responseId: string }
  | { type: 'turnTold'; turn: TurnFieldsFragment }
  | { type: 'choiceSent' }
  | { type: 'choiceTold'; turn: ChooseResponseMutation['chooseResponse'] }
  | { type: 'stopSent'; responseIds: readonly string[] }
  | { type: 'stopRefused'; responseIds: readonly string[]; failed: FailedCall }
  | { type: 'failed'; failed: FailedCall }
  | { type: 'failureDismissed' };

/** The models that a conversation without a turn asks, the team that pays before there is one, and whether it is blind. */
export interface FirstChoice {
  modelIds: readonly string[];
  /** Undefined: the viewer pays. */
  payerId?: string | undefined;
  blind?: boolean | undefined;
}

export function initialState(loaded: LoadedConversation | null, first: FirstChoice): ConversationState {
  return {
    head: loaded?.head ?? null,
    through: loaded?.through ?? null,
    turns: loaded?.turns ?? [],
    earlier: loaded?.earlier ?? null,
    later: loaded?.later ?? null,
    writing: loaded?.writing ?? [],
    asked: loaded ? askedLast(loaded, first.modelIds) : { ...first, modelIds: [...first.modelIds], systemPrompt: '' },
    prompt: null,
    versions: [],
    stopping: new Set(),
    failed: null,
    keys: new Map(),
    changes: 0,
  };
}

/** The state after an event; the same object if the event changes nothing. */
export function reduce(state: ConversationState, event: ConversationEvent): ConversationState {
  switch (event.type) {
    case 'branchLoaded': {
      const { head, turns, earlier, later, writing, through } = event.loaded;
      const asked = askedLast(event.loaded, state.asked.modelIds);
      return changed({ ...state, head, turns, earlier, later, writing, through, asked, prompt: null, failed: null });
    }
    case 'earlierLoaded':
      // Another branch may have been loaded meanwhile.
      if (state.earlier !== event.before) return state;
      return { ...state, turns: [...event.turns, ...state.turns], earlier: event.earlier };
    case 'earlierFound':
      return state.through === event.through ? { ...state, earlier: event.earlier } : state;
    case 'laterLoaded':
      if (state.later?.cursor !== event.after) return state;
      return withLater({ ...state, turns: [...state.turns, ...event.turns] }, event.isEnd ? null : state.later.newest);
    case 'endShown':
      // The cursor of the turns before the newest one is that turn's.
      return state.later
        ? { ...state, turns: [state.later.newest], earlier: state.later.newest.id, later: null }
        : state;
    case 'turnsLeft':
      return withoutFar(state, event);
    case 'caughtUp':
      return state.changes === event.changes ? caughtUp(state, event.turns) : state;
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
      return changed({ ...withTurn(state, event.turn), versions });
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
    case 'turnTold':
      return changed(withTurn(state, event.turn));
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

/** The newest turn of the branch, whether it is among those that are here or not. */
export function newestTurn({
  turns,
  later,
}: Pick<ConversationState, 'turns' | 'later'>): TurnFieldsFragment | undefined {
  return later ? later.newest : turns.at(-1);
}

/** The turns that are here, and the newest one. */
export function knownTurns({
  turns,
  later,
}: Pick<ConversationState, 'turns' | 'later'>): readonly TurnFieldsFragment[] {
  return later ? [...turns, later.newest] : turns;
}

/** The turns that are known and not here: the newest one, and those that may still be written. */
export function absentTurns({
  turns,
  later,
  writing,
}: Pick<ConversationState, 'turns' | 'later' | 'writing'>): readonly TurnFieldsFragment[] {
  const known = later ? [...writing.filter(({ id }) => id !== later.newest.id), later.newest] : writing;
  return known.filter(({ id }) => turns.every((turn) => turn.id !== id));
}

/** The turns with their pending versions, then the pending prompt. A turn without pending versions is the same object. */
export function shownTurns({
  turns,
  versions,
  prompt,
}: Pick<ConversationState, 'turns' | 'versions' | 'prompt'>): readonly TurnFieldsFragment[] {
  const shown = turns.map((turn) => withPending(turn, versions));
  return prompt ? [...shown, prompt.turn] : shown;
}

/** A turn's React key, which is the same for a pending prompt and for the turn that it becomes. */
export function keyOf({ prompt, keys }: ConversationState, turn: TurnFieldsFragment): string {
  return turn.id === prompt?.turn.id ? prompt.key : (keys.get(turn.id) ?? turn.id);
}

function changed(state: ConversationState): ConversationState {
  return { ...state, changes: state.changes + 1 };
}

/** The state with this newest turn, which is not here; null: the last turn that is here is the newest one. */
function withLater(state: ConversationState, newest: TurnFieldsFragment | null): ConversationState {
  const last = state.turns.at(-1);
  return { ...state, later: newest && last ? { cursor: last.id, newest } : null };
}

/** The state without the turns before `firstId` and behind `lastId`, which are far from what is read. */
function withoutFar(
  state: ConversationState,
  { firstId, lastId }: { firstId: string; lastId: string },
): ConversationState {
  const first = state.turns.findIndex(({ id }) => id === firstId);
  const last = state.turns.findIndex(({ id }) => id === lastId);
  if (first < 0 || last < first || last - first + 1 === state.turns.length) return state;
  const turns = state.turns.slice(first, last + 1);
  const newest = last === state.turns.length - 1 ? (state.later?.newest ?? null) : (newestTurn(state) ?? null);
  const gone = [...state.turns.slice(0, first), ...state.turns.slice(last + 1)];
  return withLater(
    { ...state, turns, writing: withWritten(state, gone), earlier: first > 0 ? firstId : state.earlier },
    newest,
  );
}

/** The turns that may still be written, with those of them that leave the page. */
function withWritten(
  { writing }: ConversationState,
  gone: readonly TurnFieldsFragment[],
): readonly TurnFieldsFragment[] {
  const written = gone.filter(({ responses }) => responses.some(({ status }) => isLive(status)));
  const others = writing.filter(({ id }) => written.every((turn) => turn.id !== id));
  return written.length === 0 ? writing : [...others, ...written];
}

/** @param found the newest turns of the branch */
function caughtUp(state: ConversationState, found: readonly TurnFieldsFragment[]): ConversationState {
  if (!state.later) return { ...state, turns: withNews(state.turns, found) };
  const foundById = new Map(found.map((turn) => [turn.id, turn]));
  const turns = state.turns.map((turn) => foundById.get(turn.id) ?? turn);
  const isSameBranch = found.some(({ id }) => id === state.later?.newest.id);
  return withLater({ ...state, turns }, (isSameBranch && found.at(-1)) || state.later.newest);
}

function askedLast({ head, ...loaded }: LoadedConversation, first: readonly string[]): Choice {
  const last = newestTurn(loaded);
  const modelIds = last ? modelsOfTurn(last) : [...first];
  const drawCount = last && drawCountAfter(last);
  return {
    ...{ modelIds, systemPrompt: head.systemPrompt ?? '', payerId: head.payer?.id },
    ...{ blind: last?.blind || undefined, drawCount, merge: last && mergeAfter(last), agent: last && agentAfter(last) },
  };
}

function withSent(state: ConversationState, prompt: PendingPrompt, { conversation, turn }: Sent): ConversationState {
  // The prompt belongs to a branch that the member left meanwhile.
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
  // If the first turn was replaced, its cursor belongs to the branch before; Conversation.send looks for the new one.
  const earlier = at > 0 ? state.earlier : null;
  const writing = withWritten(state, state.turns.slice(Math.max(0, at)));
  const turns = [...state.turns.slice(0, at), turn];
  return changed({ ...taken, turns, writing, earlier, later: null, through: turn.id });
}

/** The turn as the API will tell it: a lane shows the version that was chosen last. */
function withShown(turn: TurnFieldsFragment, responseId: string): TurnFieldsFragment {
  const { lane } = turn.responses.find(({ id }) => id === responseId) ?? {};
  const chosenAt = new Date(Date.parse(afterAll(turn.responses)) + 1).toISOString();
  return {
    ...turn,
    // If the chosen answer is in this lane, the shown version is chosen in its place.
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

/** The shown branch with the changes that were made elsewhere. The page does not go to another branch unasked. */
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

/** The state with this turn as the API told it last. One that is behind those that are here stays there. */
function withTurn(state: ConversationState, told: TurnFieldsFragment): ConversationState {
  const { later, turns } = state;
  if (!later || turns.some(({ id }) => id === told.id)) return { ...state, turns: withTold(turns, told) };
  return later.newest.id === told.id ? withLater(state, withAllOf(told, later.newest)) : state;
}

/** The turns with this one as the API told it last. A new turn is put at the end. */
function withTold(turns: readonly TurnFieldsFragment[], told: TurnFieldsFragment): readonly TurnFieldsFragment[] {
  if (turns.every(({ id }) => id !== told.id)) return [...turns, told];
  return turns.map((turn) => (turn.id === told.id ? withAllOf(told, turn) : turn));
}

/** The turn with the answers that it lacks: replies may overtake each other, and no answer is ever taken back. */
function withAllOf(turn: TurnFieldsFragment, before: TurnFieldsFragment): TurnFieldsFragment {
  const missing = before.responses.filter(({ id }) => turn.responses.every((response) => response.id !== id));
  return missing.length === 0 ? turn : { ...turn, responses: [...turn.responses, ...missing] };
}
