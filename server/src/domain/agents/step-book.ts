import type { Kysely, Transaction } from 'kysely';
import { handLeaseOver } from '../../database/agents/agent-runs.ts';
import type { StoredCallStatus } from '../../database/agents/agent-tables.ts';
import {
  type EndedStep,
  findSteps,
  hasStep,
  insertStep,
  lockOwned,
  type NewStep,
  type StepRow,
  setStepEnded,
} from '../../database/agents/steps.ts';
import {
  findToolCalls,
  insertToolCalls,
  type NewToolCall,
  setCallEnded,
  setCallRunning,
  type ToolCallRow,
} from '../../database/agents/tool-calls.ts';
import type { Database, StoredCitation } from '../../database/database.ts';
import type { FinishReason, MessagePart } from '../../ports/language-model.ts';
import type { ToolResult } from '../../ports/tool.ts';
import type { SpentOnSteps } from '../answering/generation-job.ts';
import { sumUsd } from '../catalogue/pricing.ts';
import { toStorableJson } from '../ground/storable-text.ts';

/** Another process has the answer, so that this one may write nothing more of it. */
export class AnswerLost extends Error {}

/** What a model said in a step. */
export interface SaidOutput {
  parts: readonly MessagePart[];
  finishReason?: FinishReason | null;
  refusal?: string;
  citations?: readonly StoredCitation[];
  /** Whether it ended in the middle, and another step goes on with it: its process died, or it is paused. Absent: no. */
  isBroken?: true;
  /** Whether its provider paused it: it has all that was said of this answer so far. Absent: no. */
  isPaused?: true;
}

export type StoredResult = ToolResult;

/** A step, with what was said in it and the calls that it made. */
export interface BookedStep {
  row: StepRow;
  said: SaidOutput | null;
  calls: ToolCallRow[];
}

/** Figures of a step that ends. */
export type StepFigures = Omit<EndedStep, 'output'>;

/**
 * The steps of one answer, which it is made and charged by. Each is noted before it is made and when it has ended, in the
 * database first: a process that dies leaves nothing undecided but the step under way. Only the process with the answer's
 * lease may note anything.
 *
 * Its methods reject with AnswerLost if that is another one by now.
 */
export class StepBook {
  readonly steps: BookedStep[] = [];
  /** Credits that what is under way costs at most, beside what is spent. */
  reserved = 0;
  readonly #db: Kysely<Database>;
  readonly #responseId: string;
  readonly #owner: string;

  private constructor(db: Kysely<Database>, responseId: string, owner: string) {
    this.#db = db;
    this.#responseId = responseId;
    this.#owner = owner;
  }

  static async open(db: Kysely<Database>, responseId: string, owner: string): Promise<StepBook> {
    const book = new StepBook(db, responseId, owner);
    const calls = await findToolCalls(db, responseId);
    for (const row of await findSteps(db, responseId)) {
      const ofStep = calls.filter(({ step }) => step === row.number);
      book.steps.push({ row, said: row.output as SaidOutput | null, calls: ofStep });
    }
    return book;
  }

  /** The step that the graph calls by this name, if it has ended. */
  named(key: string): BookedStep | undefined {
    return this.steps.find(({ row }) => row.key === key && row.duration_ms !== null);
  }

  step(number: number): BookedStep | undefined {
    return this.steps.find(({ row }) => row.number === number);
  }

  /** What was said of this step before it was broken off, oldest first. */
  brokenOff(key: string): BookedStep[] {
    return this.steps.filter(({ row, said }) => said?.isBroken && row.key.startsWith(`${key}~`));
  }

  get nextNumber(): number {
    return (this.steps.at(-1)?.row.number ?? 0) + 1;
  }

  get spent(): SpentOnSteps {
    return spentOn(this.steps.map(({ row }) => row));
  }

  /**
   * Notes a step that begins, and that its tool is called if it is one of a tool. May be tried again if it fails: it may have
   * been noted all the same, by a connection that broke before it could say so.
   *
   * @returns null: the call is not to be made
   */
  async begin(
    step: Omit<NewStep, 'response_id' | 'number'>,
    call: ToolCallRow | null = null,
  ): Promise<BookedStep | null> {
    const tried = this.steps.find(({ row }) => row.key === step.key && row.duration_ms === null);
    const noted: NewStep = { ...step, response_id: this.#responseId, number: tried?.row.number ?? this.nextNumber };
    const booked: BookedStep = tried ?? { row: toRow(noted), said: null, calls: [] };
    // Steps of the same moment are told apart by their numbers.
    if (!tried) this.steps.push(booked);
    const isBegun = await this.#owned(async (trx) => {
      if (call && !(await setCallRunning(trx, call.id)) && !(tried && (await hasStep(trx, noted)))) return false;
      await insertStep(trx, noted);
      return true;
    });
    if (isBegun) return booked;
    this.#forget(booked);
    return null;
  }

  #forget(booked: BookedStep): void {
    this.steps.splice(this.steps.indexOf(booked), 1);
  }

  /** Notes how a model's step ended, with the calls that it makes. */
  async end(
    step: BookedStep,
    figures: StepFigures,
    { said, calls = [] }: { said: SaidOutput; calls?: NewToolCall[] },
  ): Promise<void> {
    const key = said.isBroken ? `${step.row.key}~${step.row.number}` : step.row.key;
    const ended = { ...figures, key, output: toStorableJson(said) };
    await this.#owned(async (trx) => {
      await setStepEnded(trx, step.row, ended);
      await insertToolCalls(trx, calls);
    });
    Object.assign(step.row, figures, { key });
    step.said = said;
    if (calls.length > 0) await this.lookAtCalls(step);
  }

  /**
   * Notes what came of a call, and ends the step in which it was made.
   *
   * @param step null: it was never made
   */
  async endCall(
    call: ToolCallRow,
    end: { from: readonly StoredCallStatus[]; status: StoredCallStatus; result: StoredResult | null; credits?: number },
    step: BookedStep | null,
    durationMs: number | null = null,
  ): Promise<void> {
    const { credits = 0 } = end;
    const figures = { ...toFigures(step?.row), credits, duration_ms: durationMs };
    const row = await this.#owned(async (trx) => {
      const ended = await setCallEnded(trx, call.id, { ...end, result: end.result && toStorableJson(end.result) });
      if (step) await setStepEnded(trx, step.row, { ...figures, output: null });
      return ended;
    });
    if (step) Object.assign(step.row, figures);
    if (row) Object.assign(call, row);
  }

  /** Reads again what became of the step's calls. */
  async lookAtCalls(step: BookedStep): Promise<void> {
    const rows = await findToolCalls(this.#db, this.#responseId, step.row.number);
    if (step.calls.length === 0) step.calls = rows;
    else for (const [index, row] of rows.entries()) Object.assign(step.calls[index] as ToolCallRow, row);
  }

  /** Characters of base64 of all files that tools have told. */
  get filesLength(): number {
    const results = this.steps.flatMap(({ calls }) => calls.map(({ result }) => result as StoredResult | null));
    const parts = results.flatMap((result) => result?.content ?? []);
    return parts.reduce((sum, part) => sum + (part.type === 'file' ? part.data.length : 0), 0);
  }

  /** Lets another process go on with the answer at once. */
  async handOver(): Promise<void> {
    await handLeaseOver(this.#db, this.#responseId, this.#owner);
  }

  /** Resolves within the transaction, for as long as that lasts, if this process has the answer. */
  async requireOwned(trx: Kysely<Database>): Promise<void> {
    if (!(await lockOwned(trx, this.#responseId, this.#owner))) throw new AnswerLost('Another process has the answer.');
  }

  #owned<Result>(work: (trx: Transaction<Database>) => Promise<Result>): Promise<Result> {
    return this.#db.transaction().execute(async (trx) => {
      await this.requireOwned(trx);
      return work(trx);
    });
  }
}

/** What these steps cost together. */
export function spentOn(rows: readonly Omit<StepRow, 'output'>[]): SpentOnSteps {
  const sum = (figure: (row: Omit<StepRow, 'output'>) => number) => rows.reduce((total, row) => total + figure(row), 0);
  const usage = {
    inputTokens: sum((row) => row.input_tokens),
    cachedInputTokens: sum((row) => row.cached_input_tokens),
    cacheWriteInputTokens: sum((row) => row.cache_write_input_tokens),
    outputTokens: sum((row) => row.output_tokens),
    reasoningTokens: sum((row) => row.reasoning_tokens),
  };
  return {
    credits: sum(({ credits }) => credits),
    usd: sumUsd(rows.map(({ cost_usd }) => cost_usd)),
    usage: Object.values(usage).some((tokens) => tokens > 0) ? usage : null,
    estimated: rows.some(({ estimated }) => estimated),
  };
}

function toRow(step: NewStep): StepRow {
  return { ...toFigures(undefined), ...step, duration_ms: null, started_at: new Date(), output: null };
}

function toFigures(row: StepRow | undefined): StepFigures {
  return {
    model_id: row?.model_id ?? null,
    input_tokens: 0,
    cached_input_tokens: 0,
    cache_write_input_tokens: 0,
    output_tokens: 0,
    reasoning_tokens: 0,
    estimated: false,
    credits: 0,
    cost_usd: '0',
    duration_ms: null,
  };
}
