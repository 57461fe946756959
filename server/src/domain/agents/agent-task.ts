import type { FirstCall } from '../../database/agents/agent-tables.ts';
import type { StoredPrices } from '../../database/database.ts';
import type { Candidate } from '../answering/generation-job.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { modelAsAsked } from '../catalogue/kept-prices.ts';
import type { SentFiles, StoredMessage } from '../ground/stored-files.ts';
import type { InputTokens } from '../money/hold-growth.ts';

/** Everything that an agent's answer is made from, as it is kept until the answer is final. */
export interface AgentTask {
  agentId: string;
  toolIds: readonly string[];
  /** Absent: nothing has to be called. */
  firstCall?: FirstCall | undefined;
  /** The most that the answer may cost, in credits. */
  maximum: number;
  system: string | null;
  temperature?: number | undefined;
  topP?: number | undefined;
  /** The model that was chosen, then the others; each with its fallbacks. */
  models: readonly (readonly AskedCandidate[])[];
}

/** A candidate without its model. */
export interface AskedCandidate {
  modelId: string;
  messages: readonly StoredMessage[];
  files?: SentFiles | undefined;
  maxOutputTokens: number;
  input: InputTokens;
  isBoundByCredits?: boolean | undefined;
}

export function toAskedCandidate({ model, ...candidate }: Candidate): AskedCandidate {
  return { ...candidate, modelId: model.id };
}

/** The candidates of each model, at the prices at which they were asked. Those whose model is unknown by now are left out. */
export function candidatesOf(
  { models }: Pick<AgentTask, 'models'>,
  catalogue: Catalogue,
  prices: StoredPrices | null,
): Candidate[][] {
  return models.map((asked) =>
    asked.flatMap(({ modelId, ...candidate }) => {
      const model = modelAsAsked(catalogue, modelId, prices);
      return model ? { ...candidate, model } : [];
    }),
  );
}
