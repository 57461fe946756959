import type { Client } from '@urql/core';
import type { ModelChoiceFragment } from '../../graphql/generated/graphql.ts';
import type { TurnStreams } from '../following/turn-streams.ts';
import { type ConversationEvent, type ConversationState, reduce } from './conversation-state.ts';

/** The objects that all actions of a conversation share. */
export interface ConversationContext {
  client: Client;
  models: readonly ModelChoiceFragment[];
  streams: TurnStreams;
  store: ConversationStore;
}

/** Holds a conversation's state, and tells its listeners of every change. */
export class ConversationStore {
  #state: ConversationState;
  readonly #listeners = new Set<() => void>();

  constructor(state: ConversationState) {
    this.#state = state;
  }

  readonly read = (): ConversationState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  apply(event: ConversationEvent): void {
    const before = this.#state;
    this.#state = reduce(before, event);
    if (this.#state !== before) for (const listener of [...this.#listeners]) listener();
  }
}
