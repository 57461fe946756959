import { createContext, type ReactNode, useContext } from 'react';

/** The controls that the frame gives to the top bar of every page. */
export interface TopBarControls {
  openSidebar(): void;
  openPalette(): void;
  /** The credit meter, at the right end of the bar. */
  meter: ReactNode;
}

const TopBarContext = createContext<TopBarControls | null>(null);
export const TopBarProvider = TopBarContext.Provider;

export function useTopBarControls(): TopBarControls {
  const controls = useContext(TopBarContext);
  if (!controls) throw new Error('useTopBarControls needs a TopBarProvider above it');
  return controls;
}
