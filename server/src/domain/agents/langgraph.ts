import type { Kysely } from 'kysely';
import { createCheckpointPool } from '../../database/agents/checkpoint-pool.ts';
import type { Database } from '../../database/database.ts';

/*
 * Why this file is here: LangGraph.js takes a second to load, so that it is loaded with the first answer that needs it. Its
 * entry for the web is the one without an AsyncLocalStorage, which would make every promise of the process dearer on Node
 * before 24 (http/auth/async-storages.ts).
 */

/** LangGraph.js, loaded at the first call. */
export function loadLangGraph() {
  return import('@langchain/langgraph/web');
}

/**
 * LangGraph's own keeper of checkpoints, on our database; its tables are made by our migrations.
 *
 * @param requireOwned rejects within a transaction if this process may write no checkpoint any more
 */
export async function createCheckpointer(db: Kysely<Database>, requireOwned: (trx: Kysely<Database>) => Promise<void>) {
  const { PostgresSaver } = await import('@langchain/langgraph-checkpoint-postgres');
  // The types ask for a whole pool of pg, of which it uses these three methods.
  return new PostgresSaver(
    createCheckpointPool(db, requireOwned) as unknown as ConstructorParameters<typeof PostgresSaver>[0],
  );
}

/** Takes the place of LangSmith's handler, which would send every step to a server if the environment says so. */
const noTracer = {
  name: 'langchain_tracer',
  ignoreLLM: true,
  ignoreChain: true,
  ignoreAgent: true,
  ignoreRetriever: true,
  ignoreCustomEvent: true,
  raiseError: false,
  awaitHandlers: true,
  getRunTreeWithTracingConfig: () => undefined,
  updateFromRunTree() {},
};

/** What a graph is run with. */
export function runConfig(threadId: string, signal: AbortSignal) {
  return {
    configurable: { thread_id: threadId },
    durability: 'sync' as const,
    recursionLimit: RECURSION_MAX,
    signal,
    // The types ask for all that a handler may do.
    callbacks: [noTracer as never],
  };
}

/** Our own limits end an answer long before. */
const RECURSION_MAX = 1000;
