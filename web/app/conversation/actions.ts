import { createContext, useContext } from 'react';
import type { ModelChoiceFragment, TurnFieldsFragment } from '../graphql/generated/graphql.ts';

/** What can be done with a conversation's turns; the page that owns their state provides it. */
export interface TurnActions {
  /** All models there are, for the question which other one to ask. */
  models: readonly ModelChoiceFragment[];
  /** Stops the named responses, or all of the turn's. */
  stop(turnId: string, responseIds?: string[]): void;
  regenerate(responseId: string, modelId?: string): void;
  choose(turnId: string, responseId: string): void;
  /** Sends another prompt in the turn's place, as a branch beside it. */
  edit(turn: TurnFieldsFragment, prompt: string): void;
  /** Shows the branch that holds this turn. */
  showBranch(turnId: string): void;
}

const TurnActionsContext = createContext<TurnActions | null>(null);
export const TurnActionsProvider = TurnActionsContext.Provider;

export function useTurnActions(): TurnActions {
  const actions = useContext(TurnActionsContext);
  if (!actions) throw new Error('useTurnActions needs a TurnActionsProvider above it');
  return actions;
}
