import type { StoredAgent } from '../../../database/agents/agent-tables.ts';
import type { Candidate } from '../../answering/generation-job.ts';

/** What a lane has beside its plan if an agent writes it. */
export interface AgentLane {
  stored: StoredAgent;
  /** The candidates of each other model that it asks. */
  others: Candidate[][];
  /** Credits that its first request costs at most. */
  first: number;
}
