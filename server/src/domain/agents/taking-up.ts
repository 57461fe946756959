import { contentOf, shownResult } from '../answering/calls/shown-result.ts';
import { LiveToolCall, toldCallOf } from '../answering/live-tool-call.ts';
import { usageRow } from '../answering/stored-response.ts';
import { countedUsage } from '../answering/token-usage.ts';
import type { Model } from '../catalogue/catalogue.ts';
import { answerCost } from '../catalogue/pricing.ts';
import { countTokens } from '../ground/tokens.ts';
import { type AnswerContext, showCall } from './answer-context.ts';
import { saysSomething } from './model-steps.ts';
import type { BookedStep, SaidOutput, StepFigures } from './step-book.ts';
import { PARAGRAPH } from './step-target.ts';
import { leaveUncertain } from './tool-steps.ts';

/** Takes up what another process left of the answer: calls that nobody makes any more, and a step that was broken off. */
export async function takeStepsUp(context: AnswerContext): Promise<void> {
  const { book } = context;
  if (book.steps.length === 0) return;
  takeCallsUp(context);
  for (const step of [...book.steps]) {
    for (const call of step.calls) if (call.status === 'RUNNING') await leaveUncertain(context, step, call);
    for (const call of step.calls) showCall(context, call);
  }
  for (const step of [...book.steps]) {
    if (step.row.kind === 'MODEL' && step.row.duration_ms === null) await endBroken(context, step);
  }
}

/** Gives the parts of the response calls that change. Those of which nothing is noted were never whole. */
function takeCallsUp({ response, book }: AnswerContext): void {
  const rows = new Map(book.steps.flatMap(({ calls }) => calls.map((call) => [call.id, call])));
  const taken = new Map<number, LiveToolCall>();
  for (const [index, part] of response.parts.entries()) {
    const told = part.kind === 'toolCall' ? toldCallOf(part.data) : null;
    if (!told) continue;
    const row = rows.get(told.id);
    const { provider_call_id: id = told.id, signature = null, name = told.name } = row ?? {};
    const call = new LiveToolCall({ id, name, signature });
    call.arguments.append(row?.arguments ?? '');
    call.progress = { ...told, result: row ? shownResult(contentOf(row)) : null, ...(row ? {} : { status: 'FAILED' }) };
    taken.set(index, call);
  }
  response.takeUpCalls(taken);
}

/** Ends a step that was broken off: what is there of it is charged, and its model goes on from that. */
async function endBroken(context: AnswerContext, step: BookedStep): Promise<void> {
  const { book, course, response, models, hold } = context;
  const { row } = step;
  const text = withoutParagraph(response.text.since(row.text_start), context, step);
  const reasoning = response.reasoning.since(row.reasoning_start);
  const model = models.flat().find((candidate) => candidate.model.id === row.model_id)?.model;
  const rest = hold.held - book.spent.credits;
  const figures = await brokenFigures(row, { text, reasoning }, { model, rest });
  const said: SaidOutput = { parts: text === '' ? [] : [{ type: 'text', text }], isBroken: true };
  await course.patiently(() => book.end(step, figures, { said }));
}

/**
 * What a step cost of which no more than these texts is left.
 *
 * @param rest the credits that are left for it: what all steps cost is never more than is held for them
 */
export async function brokenFigures(
  row: Pick<BookedStep['row'], 'model_id' | 'input_tokens_expected'>,
  { text, reasoning }: { text: string; reasoning: string },
  { model, rest }: { model: Model | null | undefined; rest: number },
): Promise<StepFigures> {
  const isEmpty = text === '' && reasoning === '';
  const usage = isEmpty
    ? null
    : countedUsage({
        inputTokens: row.input_tokens_expected,
        outputTokens: await countTokens(text),
        reasoningTokens: await countTokens(reasoning),
      });
  const cost = usage && model ? answerCost(model, { usage, told: null, isPartial: true }) : null;
  return {
    ...usageRow(usage ?? countedUsage({ inputTokens: 0, outputTokens: 0, reasoningTokens: 0 })),
    model_id: row.model_id,
    estimated: usage !== null,
    credits: Math.min(cost?.credits ?? 0, Math.max(0, rest)),
    cost_usd: cost?.usd ?? '0',
    // Nobody knows when its process died.
    duration_ms: 0,
  };
}

/** What a step said, without the paragraph that it began in the answer's text. */
function withoutParagraph(text: string, { book }: AnswerContext, { row }: BookedStep): string {
  const goesOn = book.brokenOff(row.key).some(saysSomething);
  return row.text_start > 0 && !goesOn && text.startsWith(PARAGRAPH) ? text.slice(PARAGRAPH.length) : text;
}
