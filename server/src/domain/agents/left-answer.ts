import type { Kysely } from 'kysely';
import { findStepFigures, lockOwned, setStepEnded } from '../../database/agents/steps.ts';
import { endLeftCalls, findCallProgress } from '../../database/agents/tool-calls.ts';
import type { Database, StoredPart } from '../../database/database.ts';
import type { AnyResponseRow } from '../../database/responses.ts';
import { toldCallOf } from '../answering/live-tool-call.ts';
import type { Outcome } from '../answering/stored-response.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { modelAsAsked } from '../catalogue/kept-prices.ts';
import { spentOn } from './step-book.ts';
import { brokenFigures } from './taking-up.ts';

/**
 * The outcome of an answer that nobody goes on with: it costs what its steps cost, and its calls are not made any more.
 *
 * @param outcome as its journal says it is
 */
export async function leftOutcome(
  { db, owner, catalogue }: { db: Kysely<Database>; owner: string; catalogue: Catalogue },
  row: AnyResponseRow,
  outcome: Outcome,
): Promise<Outcome> {
  return db.transaction().execute(async (trx) => {
    // Another process ends it then.
    if (!(await lockOwned(trx, row.id, owner))) return outcome;
    await endLeftCalls(trx, row.id, JSON.stringify(NEVER_MADE));
    const steps = await findStepFigures(trx, row.id);
    for (const step of steps) {
      if (step.duration_ms !== null) continue;
      const isModel = step.kind === 'MODEL';
      const texts = {
        text: isModel ? outcome.text.slice(step.text_start) : '',
        reasoning: isModel ? outcome.reasoning.slice(step.reasoning_start) : '',
      };
      const model = step.model_id === null ? null : modelAsAsked(catalogue, step.model_id, row.prices);
      const rest = row.credits_held - spentOn(steps).credits;
      const figures = await brokenFigures(step, texts, { model, rest });
      await setStepEnded(trx, step, { ...figures, output: null });
      Object.assign(step, figures);
    }
    const { credits, usd, usage, estimated } = spentOn(steps);
    const parts = partsWith(outcome.parts, await findCallProgress(trx, row.id));
    return { ...outcome, parts, usage, usageEstimated: estimated, spent: { credits, usd } };
  });
}

const NEVER_MADE = {
  content: [{ type: 'text', text: 'It was never made: the server broke down, and nobody went on with the answer.' }],
  isError: true,
};

/** The parts with the calls as they ended. Those of which nothing is noted were never whole. */
function partsWith(
  parts: readonly StoredPart[],
  calls: Awaited<ReturnType<typeof findCallProgress>>,
): readonly StoredPart[] {
  const byId = new Map(calls.map((call) => [call.id, call]));
  return parts.map((part) => {
    const told = part.kind === 'toolCall' ? toldCallOf(part.data) : null;
    if (!told) return part;
    const call = byId.get(told.id);
    const status = call && call.status !== 'WRITTEN' ? call.status : 'FAILED';
    return { ...part, data: { ...told, status, credits: call?.credits ?? null } };
  });
}
