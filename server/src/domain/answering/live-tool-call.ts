import { LiveText } from './live-text.ts';

/** A call of a tool that a model is writing, or has written. */
export class LiveToolCall {
  readonly id: string;
  readonly name: string;
  /** The provider's proof of the thought behind the call; null: it gave none. */
  readonly signature: string | null;
  /** JSON; it is whole once the answer is. */
  readonly arguments = new LiveText();

  constructor({ id, name, signature }: Pick<LiveToolCall, 'id' | 'name' | 'signature'>) {
    this.id = id;
    this.name = name;
    this.signature = signature;
  }

  /** Says that a call is there: what it says is not journalled (decision 0023). */
  toJSON() {
    return { id: this.id, name: this.name };
  }
}

/** The provider's proof of the reasoning before it. */
export interface ReasoningSignature {
  text: string;
  /** Whether the provider hid the reasoning. */
  redacted: boolean;
}

/** What a model can write into an answer beside text, kept as parts of these kinds. */
export type LivePartData = { kind: 'toolCall'; data: LiveToolCall } | { kind: 'signature'; data: ReasoningSignature };
