import { createContext, useContext } from 'react';
import type { ModelChoiceFragment } from '../graphql/generated/graphql.ts';

/** What a preset's form offers. */
export interface PresetChoices {
  models: readonly ModelChoiceFragment[];
  /** How many models the viewer's plan asks at once. */
  limit: number;
  isAdmin: boolean;
}

const ChoicesContext = createContext<PresetChoices>({ models: [], limit: 0, isAdmin: false });
export const PresetChoicesProvider = ChoicesContext.Provider;

export function usePresetChoices(): PresetChoices {
  return useContext(ChoicesContext);
}
