import { createContext, useContext } from 'react';
import type {
  ModelChoiceFragment,
  ResponseFieldsFragment,
  TurnFieldsFragment,
} from '../../graphql/generated/graphql.ts';

/** The actions on a conversation's turns. The page that owns their state provides them. */
export interface TurnActions {
  /** All models, of which the member may ask another one. */
  models: readonly ModelChoiceFragment[];
  /** Stops the named responses, or all responses of the turn. */
  stop(turnId: string, responseIds?: string[]): void;
  regenerate(responseId: string, modelId?: string): void;
  /** Asks the model of an answer that was cut off to continue it. */
  goOn(responseId: string): void;
  /** Lets the composer continue with this answer's model only. */
  continueWith(response: Pick<ResponseFieldsFragment, 'id' | 'model'>): void;
  /** Takes a turn as the API told it after a verdict. */
  told(turn: TurnFieldsFragment): void;
  /** Shows a blind turn's answers as they come, which marks its verdict. */
  unpace(turnId: string): void;
  /** Shows this version in its lane. Later prompts are sent with it. */
  show(turnId: string, responseId: string): void;
  /** Has a phone, which shows one lane at a time, show this one: its place among the lanes of a turn, from 0. */
  showLane(place: number): void;
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
