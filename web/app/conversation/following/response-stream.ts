import { conversation as texts } from 'texts:chat';
import type {
  ModelFieldsFragment,
  ResponseFieldsFragment,
  ResponseStatus,
  StreamResponseSubscription,
} from '../../graphql/generated/graphql.ts';
import { isStandIn } from './hidden.ts';

/** A response as it is shown: as the API told it last, with the pieces that its stream has brought since. */
export interface StreamedResponse {
  response: ResponseFieldsFragment;
  /** The model that failed before its first character, the model that answers in its place, and why. */
  fallback: Fallback | null;
  /** An estimate while the response streams. */
  outputTokens: number;
  /** When the meter started (ms) and what it showed then: the rate is counted from there. */
  metered: { since: number; outputTokens: number } | null;
  /** The time from the first piece of reasoning to the first of the answer, in ms; null as far as this page has not seen them. */
  thought: { since: number; durationMs: number | null } | null;
  /** Whether a delta began beyond the held text: a piece was missed, and the stream has to be opened again. */
  gap: boolean;
}

export interface Fallback {
  from: Pick<ModelFieldsFragment, 'id' | 'name'>;
  to: Pick<ModelFieldsFragment, 'id' | 'name'>;
  reason: string;
}

export type ResponseEvent = StreamResponseSubscription['streamResponse'];

/** Responses that are QUEUED or STREAMING are live; others never change. */
export function isLive(status: ResponseStatus): boolean {
  return status === 'QUEUED' || status === 'STREAMING';
}

/** Whether there is a word or an image in the answer. */
export function saysSomething({ text, parts }: Pick<ResponseFieldsFragment, 'text' | 'parts'>): boolean {
  return text.trim() !== '' || parts.some(({ __typename }) => __typename === 'ImagePart');
}

/** The state of a response that was read rather than followed. */
export function fromSnapshot(response: ResponseFieldsFragment): StreamedResponse {
  return {
    response,
    fallback: recordedFallback(response),
    outputTokens: response.usage?.outputTokens ?? 0,
    metered: null,
    thought: null,
    gap: false,
  };
}

/**
 * Merges the state with a snapshot of the same response: the final one counts, else the one that has got further. A snapshot
 * with the model counts more than one with its stand-in.
 */
export function withSnapshot(state: StreamedResponse, snapshot: ResponseFieldsFragment): StreamedResponse {
  const isRevealed = isStandIn(state.response.model) && !isStandIn(snapshot.model);
  const isConcealed = !isStandIn(state.response.model) && isStandIn(snapshot.model);
  if (isConcealed || (!isLive(state.response.status) && !isRevealed)) return state;
  if (!isLive(snapshot.status)) return finished(state, snapshot);
  if (!isLive(state.response.status)) return state;
  const ahead =
    snapshot.text.length > state.response.text.length || snapshot.reasoning.length > state.response.reasoning.length;
  return ahead || isRevealed ? { ...state, response: longer(snapshot, state.response), gap: false } : state;
}

/**
 * Applies an event to its response. Events may come again, overlap the held text, or begin beyond it (`gap`): a delta's
 * offset, in UTF-16 code units, tells which part of it is new. Returns the same state if the event changes nothing.
 *
 * @param now in milliseconds, of any one clock
 */
export function applyResponseEvent(state: StreamedResponse, event: ResponseEvent, now: number): StreamedResponse {
  const { response } = state;
  if (!isLive(response.status)) return state;
  switch (event.__typename) {
    case 'ResponseStarted':
      return { ...state, response: { ...response, status: 'STREAMING', servedBy: event.servedBy } };
    case 'ResponseFellBack':
      return { ...state, fallback: { from: event.from, to: event.to, reason: event.failure.message } };
    case 'ReasoningDelta': {
      const longer = extended(response.reasoning, event.offset, event.text);
      if (longer === null) return { ...state, gap: true };
      const { text: reasoning, isAnew } = longer;
      if (reasoning === response.reasoning) return state;
      return {
        ...state,
        response: {
          ...response,
          status: 'STREAMING',
          reasoning,
          parts: withPart(response.parts, 'ReasoningPart', { ...event, isAnew }),
        },
        thought: state.thought ?? { since: now, durationMs: null },
        gap: false,
      };
    }
    case 'TextDelta': {
      const longer = extended(response.text, event.offset, event.text);
      if (longer === null) return { ...state, gap: true };
      const { text, isAnew } = longer;
      if (text === response.text) return state;
      const parts = withPart(response.parts, 'TextPart', { ...event, isAnew });
      return {
        ...state,
        response: { ...response, status: 'STREAMING', text, parts },
        outputTokens: Math.max(state.outputTokens, event.outputTokens),
        metered: state.metered ?? { since: now, outputTokens: event.outputTokens },
        thought: state.thought && {
          ...state.thought,
          durationMs: state.thought.durationMs ?? now - state.thought.since,
        },
        gap: false,
      };
    }
    case 'ImageAdded':
      return { ...state, response: { ...response, parts: withWhole(response.parts, event.part) } };
    case 'ToolCallChanged': {
      const held = response.parts.find(({ index }) => index === event.part.index);
      if (held && JSON.stringify(held) === JSON.stringify(event.part)) return state;
      return {
        ...state,
        response: { ...response, status: 'STREAMING', parts: withWhole(response.parts, event.part) },
      };
    }
    case 'ResponseFinished':
      return finished(state, event.response);
    default:
      // A page shows what it does not know of the stream once the answer is whole.
      return state;
  }
}

type Part = ResponseFieldsFragment['parts'][number];

/** Adds the part of a delta, unless it is there. What the server has written anew from `offset` on takes the place of all behind it. */
function withPart(
  parts: readonly Part[],
  typename: 'TextPart' | 'ReasoningPart',
  { partIndex: index, offset, isAnew }: { partIndex: number; offset: number; isAnew: boolean },
): Part[] {
  const kept = isAnew ? parts.filter((part) => part.index <= index) : (parts as Part[]);
  const known = kept.find((part) => part.index === index);
  if (known?.__typename === typename && known.offset <= offset) return kept;
  return withWhole(kept, { __typename: typename, index, offset });
}

/** The part takes the place of the one that stood there. */
function withWhole(parts: readonly Part[], part: Part): Part[] {
  const others = parts.filter(({ index }) => index !== part.index);
  return [...others, part].sort((one, other) => one.index - other.index);
}

/**
 * The held text with the new characters of the piece at `offset`; null if text between them is missing. Where the two differ,
 * the piece counts: after a server's breakdown another one goes on from what had been kept of the text, which may be a moment
 * less than was seen.
 */
function extended(held: string, offset: number, piece: string): { text: string; isAnew: boolean } | null {
  if (offset > held.length) return null;
  const known = held.slice(offset, offset + piece.length);
  if (!piece.startsWith(known)) return { text: held.slice(0, offset) + piece, isAnew: true };
  return { text: known.length === piece.length ? held : held + piece.slice(known.length), isAnew: false };
}

function finished(state: StreamedResponse, response: ResponseFieldsFragment): StreamedResponse {
  return {
    ...state,
    response,
    fallback: recordedFallback(response) ?? state.fallback,
    outputTokens: response.usage?.outputTokens ?? state.outputTokens,
    gap: false,
  };
}

function longer(snapshot: ResponseFieldsFragment, held: ResponseFieldsFragment): ResponseFieldsFragment {
  return {
    ...snapshot,
    parts: snapshot.parts.length > held.parts.length ? snapshot.parts : held.parts,
    text: snapshot.text.length > held.text.length ? snapshot.text : held.text,
    reasoning: snapshot.reasoning.length > held.reasoning.length ? snapshot.reasoning : held.reasoning,
  };
}

function recordedFallback({ model, servedBy, attempts }: ResponseFieldsFragment): Fallback | null {
  if (!servedBy || servedBy.id === model.id) return null;
  const failed = attempts.findLast((attempt) => attempt.failure !== null && attempt.model.id !== servedBy.id);
  return {
    from: failed?.model ?? model,
    to: servedBy,
    reason: failed?.failure?.message ?? texts.modelSilent,
  };
}

/**
 * The offsets from which a stream has to continue: a little before the ends of the held texts, so that it shows whether the
 * server has them too.
 */
export function resumePoint({ response }: StreamedResponse) {
  return {
    responseId: response.id,
    textOffset: resumeOffset(response.text),
    reasoningOffset: resumeOffset(response.reasoning),
  };
}

/** More than a model writes between two writings of an answer's journal, in UTF-16 code units. */
const seenAgain = 2000;

function resumeOffset(held: string): number {
  const offset = Math.max(0, held.length - seenAgain);
  // Not between the halves of a surrogate pair, which cannot be told alone.
  const code = held.charCodeAt(offset);
  return offset > 0 && code >= 0xdc00 && code <= 0xdfff ? offset - 1 : offset;
}
