import { LiveText } from './live-text.ts';

/** A call of a tool that a model is writing, or has written. */
export class LiveToolCall {
  readonly id: string;
  readonly name: string;
  /** The provider's proof of the thought behind the call; null: it gave none. */
  readonly signature: string | null;
  /** JSON; it is whole once the answer is. */
  readonly arguments = new LiveText();
  /** What becomes of it here; null: whoever asked makes the call, as in programs' calls. */
  progress: CallProgress | null = null;

  constructor({ id, name, signature }: Pick<LiveToolCall, 'id' | 'name' | 'signature'>) {
    this.id = id;
    this.name = name;
    this.signature = signature;
  }

  /** Says that a call is there, and how far it is: what it says is not journalled (decision 0023). */
  toJSON() {
    return this.progress ? toldOf(this.progress) : { id: this.id, name: this.name };
  }
}

export const callStatuses = [
  'WRITING',
  'WAITING_FOR_APPROVAL',
  'RUNNING',
  'DONE',
  'FAILED',
  'REFUSED',
  'UNCERTAIN',
] as const;
export type CallStatus = (typeof callStatuses)[number];

/** A call of a tool of this house, as its part tells of it. */
export interface ToldCall {
  /** Unlike that of any other call. */
  id: string;
  name: string;
  /** Null: there is no such tool. */
  toolId: string | null;
  status: CallStatus;
  /** Of the tool; null: it has not ended, or was not asked. */
  durationMs: number | null;
  /** Null: it has not ended. */
  credits: number | null;
}

export interface CallProgress extends ToldCall {
  /** Null: there is none yet. */
  result: { text: string; images: readonly { place: number; mediaType: string }[] } | null;
}

function toldOf({ id, name, toolId, status, durationMs, credits }: CallProgress): ToldCall {
  return { id, name, toolId, status, durationMs, credits };
}

/** The call of a part as any version may have stored it; null: it is none of this house's tools. */
export function toldCallOf(data: unknown): ToldCall | null {
  const { id, name, toolId, status, durationMs, credits } = (data ?? {}) as Partial<ToldCall>;
  const known = callStatuses.find((word) => word === status);
  if (typeof id !== 'string' || typeof name !== 'string' || !known) return null;
  return {
    id,
    name,
    toolId: typeof toolId === 'string' ? toolId : null,
    status: known,
    durationMs: typeof durationMs === 'number' ? durationMs : null,
    credits: typeof credits === 'number' ? credits : null,
  };
}

const ended: ReadonlySet<CallStatus> = new Set(['DONE', 'FAILED', 'REFUSED', 'UNCERTAIN']);

/** Whether nothing more becomes of the call. */
export function isCallEnded({ status }: Pick<ToldCall, 'status'>): boolean {
  return ended.has(status);
}

/** The provider's proof of the reasoning before it. */
export interface ReasoningSignature {
  text: string;
  /** Whether the provider hid the reasoning. */
  redacted: boolean;
}

/** What a model can write into an answer beside text, kept as parts of these kinds. */
export type LivePartData = { kind: 'toolCall'; data: LiveToolCall } | { kind: 'signature'; data: ReasoningSignature };
