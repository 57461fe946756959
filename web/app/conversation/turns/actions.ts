import { createContext, useContext } from 'react';
import type { ModelChoiceFragment, TurnFieldsFragment } from '../../graphql/generated/graphql.ts';

/** What can be done with a conversation's turns; the page that owns their state provides it. */
export interface TurnActions {
  /** All models there are, for the question which other one to ask. */
  models: readonly ModelChoiceFragment[];
  /** Stops the named responses, or all of the turn's. */
  stop(turnId: string, responseIds?: string[]): void;
  regenerate(responseId: string, modelId?: string): void;
  /** Has the model of an answer that was cut off go on with it. */
  goOn(responseId: string): void;
  /** Makes it what later turns take for a model that has no answer of its own. */
  choose(turnId: string, responseId: string): void;
  /** Has its lane show this version, which later prompts are sent from then on. */
  show(turnId: string, responseId: string): void;
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
