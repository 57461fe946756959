import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { useClient } from 'urql';
import { PayersDocument, type PayerTeamFragment } from '../graphql/generated/graphql.ts';

/** Who may pay for the viewer's prompts, and who does at the composer that is open. */
export interface Payers {
  viewerId: string;
  /** The teams that the viewer is in, archived ones included. */
  teams: readonly PayerTeamFragment[];
  /** The team that pays for the next prompt; null: the viewer does. */
  shown: PayerTeamFragment | null;
  show(teamId: string | null): void;
  /** Loads the teams again: their balances change with what their other members ask. */
  refresh(): void;
}

const PayersContext = createContext<Payers | null>(null);

interface PayersProviderProps {
  viewerId: string;
  loaded: readonly PayerTeamFragment[];
  children: ReactNode;
}

export function PayersProvider({ viewerId, loaded, children }: PayersProviderProps) {
  const client = useClient();
  const [teams, setTeams] = useState(loaded);
  const [shownId, show] = useState<string | null>(null);
  const refresh = useCallback(() => {
    void client
      .query(PayersDocument, {})
      .toPromise()
      .then(({ data }) => {
        if (data?.viewer) setTeams(data.viewer.teams);
      });
  }, [client]);
  const payers = useMemo<Payers>(() => {
    const shown = teams.find(({ id }) => id === shownId) ?? null;
    return { viewerId, teams, shown, show, refresh };
  }, [viewerId, teams, shownId, refresh]);
  return <PayersContext.Provider value={payers}>{children}</PayersContext.Provider>;
}

export function usePayers(): Payers {
  const payers = useContext(PayersContext);
  if (!payers) throw new Error('usePayers needs a PayersProvider above it');
  return payers;
}
