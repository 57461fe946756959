import type { FirstCall } from '../../domain/asking/agents/agent-request.ts';

/** What the names of tools begin with that this server carries out: `polylogue:calculator`. No tool of a caller has such a name. */
const HOUSE = 'polylogue:';

/** The id of the tool of this server that is named; null: the name is that of no such tool. */
export function houseToolId(name: unknown): string | null {
  return typeof name === 'string' && name.startsWith(HOUSE) ? name.slice(HOUSE.length) : null;
}

export function houseToolName(id: string): string {
  return HOUSE + id;
}

/** Tools of this server that a request names. */
export interface HouseTools {
  toolIds: readonly string[];
  /** What the model has to call in its first step. Null: nothing. */
  firstCall: FirstCall | null;
}

/** Why a request is refused that has tools of this server, in words that follow the name of a field. */
export const houseToolRefusals = {
  mixed: 'must all be tools of this server, or none: somebody has to make the calls',
  described: 'is not sent for a tool of this server: it has its own',
  choice: 'must be auto, ask for a call, or name one of the tools, if they are of this server',
} as const;
