import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../../database/database.ts';
import { findEvaluationFiles } from '../../database/files/set-files.ts';
import type { LostAnswerRow } from '../../database/judging/asked-again.ts';
import {
  findUnaskedPair,
  findUnderWay,
  findWaitingAsk,
  setAsked,
  setJudgeAsked,
  type UnaskedPair,
  type UnderWay,
} from '../../database/judging/evaluation-work.ts';
import {
  countEvaluations,
  deleteEvaluationRow,
  findEvaluationConversations,
  holdEvaluation,
  releaseEvaluation,
  setHeldEvaluation,
} from '../../database/judging/evaluations.ts';
import type { TurnRow } from '../../database/turns.ts';
import { findUsers } from '../../database/users.ts';
import type { RunningLimits } from '../asking/admission.ts';
import type { Prompts } from '../asking/prompt.ts';
import { tierOf } from '../catalogue/catalogue.ts';
import type { CurrentOffer } from '../catalogue/offer.ts';
import { type ConversationEnding, deleteConversation } from '../conversations/deletion.ts';
import {
  DomainError,
  InsufficientCreditsError,
  InvalidInputError,
  NotFoundError,
  RateLimitError,
} from '../ground/errors.ts';
import type { Asking } from '../people/members.ts';
import { ASKED_AGAIN, endAsks, findDecided, type HeldEvaluation, readJudge } from './evaluation-ends.ts';
import { JUDGE_OUTPUT_TOKENS, judgeRequest } from './judge-model.ts';
import { LostAnswers } from './lost-answers.ts';
import { inputOf, type NextPrompt, sentTo } from './next-prompt.ts';
import { answersOfPair } from './pair-answers.ts';

export interface WorkOptions extends ConversationEnding {
  db: Kysely<Database>;
  prompts: Pick<Prompts, 'send' | 'askAgain' | 'quote'>;
  offer: CurrentOffer;
  owner: string;
  leaseMs: number;
  limits: RunningLimits;
  /** Answers of one evaluation that are written at once. */
  answersAtOnce: number;
  log: Logger;
}

/** How often it is looked for what other processes have written, in ms. */
const POLL_MS = 2_000;
/** The wait after a fault of this server or its database, in ms. */
const FAULT_MS = 5_000;
/** The part of a member's rate and of their answers at once that all their evaluations take: the rest is left for themself. */
const RATE_PART = 0.75;
const ROOM_PART = 0.5;

/** Works at one evaluation until it ends, is paused, or another process has it. */
export class EvaluationWork {
  readonly #options: WorkOptions;
  readonly #id: string;
  readonly #awaited = new Set<string>();
  #wakeUp: (() => void) | null = null;
  #isWoken = false;
  #isEnded = false;
  /** When the next prompt may be sent, as `performance.now()`. */
  #sendAt = 0;
  /** When the prompts of the last minute were sent. */
  readonly #sent: number[] = [];
  /** Whether the judge may have said what decides the question since that was looked at. */
  #mayBeDecided = true;
  /** Aborted once nothing more is to be sent. */
  readonly #ending = new AbortController();

  readonly #lost: LostAnswers;

  constructor(options: WorkOptions, id: string) {
    this.#options = options;
    this.#id = id;
    this.#lost = new LostAnswers(options.db, id);
  }

  wake(): void {
    this.#isWoken = true;
    this.#wakeUp?.();
  }

  /** Whether it waits for an answer of this turn. */
  awaits(turnId: string): boolean {
    return this.#awaited.has(turnId);
  }

  /** Ends the work after the present step. */
  end(): void {
    this.#isEnded = true;
    this.#ending.abort();
    this.wake();
  }

  async run(): Promise<void> {
    while (!this.#isEnded) {
      this.#isWoken = false;
      const waitMs = await this.#step().catch((err) => {
        this.#mayBeDecided = true;
        this.#options.log.warn({ err, evaluationId: this.#id }, 'An evaluation could not go on; the next try is soon.');
        return FAULT_MS;
      });
      if (waitMs === null) return;
      await this.#sleep(Math.min(waitMs, this.#options.leaseMs / 3));
    }
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#isWoken || this.#isEnded || ms <= 0) return;
    const woken = new AbortController();
    this.#wakeUp = () => woken.abort();
    await delay(ms, undefined, { signal: woken.signal, ref: false }).catch(() => {});
    this.#wakeUp = null;
  }

  /** @returns when to look again, in ms; null: there is nothing more to do here */
  async #step(): Promise<number | null> {
    const { db, owner, leaseMs } = this.#options;
    const evaluation = await holdEvaluation(db, this.#id, { owner, leaseMs });
    if (!evaluation) return null;
    if (evaluation.state === 'DELETED') return this.#delete(evaluation);
    const ended = await endAsks(db, evaluation);
    for (const turnId of ended.turnIds) this.#awaited.delete(turnId);
    if (ended.areAnswersCutOff) this.#lost.look();
    const { catalogue } = this.#options.offer.now;
    for (const turnId of await readJudge({ db, catalogue }, evaluation)) {
      this.#awaited.delete(turnId);
      this.#mayBeDecided = true;
    }
    if (evaluation.state !== 'RUNNING') return this.#settle();
    await this.#decide(evaluation);
    return this.#sendNext(evaluation);
  }

  /** Looks whether the question is decided, if that may have changed: all that the judge said is summed up for it. */
  async #decide(evaluation: HeldEvaluation): Promise<void> {
    if (evaluation.decided_model_id !== null || !evaluation.stop_early || !this.#mayBeDecided) return;
    const { db, owner } = this.#options;
    const decided = await findDecided(db, evaluation);
    if (decided !== null) await setHeldEvaluation(db, this.#id, owner, { decided_model_id: decided });
    evaluation.decided_model_id = decided;
    this.#mayBeDecided = false;
  }

  /** Waits for what is being written when an evaluation was paused or stopped. */
  async #settle(): Promise<number | null> {
    const { db, owner } = this.#options;
    const { asks, judgings, ended } = await findUnderWay(db, this.#id);
    if (ended > 0) return 0;
    if (asks + judgings > 0) return POLL_MS;
    await releaseEvaluation(db, this.#id, owner);
    return null;
  }

  async #sendNext(evaluation: HeldEvaluation): Promise<number | null> {
    const { db, owner, answersAtOnce, limits } = this.#options;
    const mayMore = evaluation.decided_model_id === null;
    const { running } = await countEvaluations(db, evaluation.user_id);
    const share = 1 / Math.max(1, running);
    for (;;) {
      const next = mayMore ? await this.#findNext(evaluation) : null;
      const underWay = await findUnderWay(db, this.#id);
      if (!next && underWay.asks + underWay.judgings === 0) {
        await setHeldEvaluation(db, this.#id, owner, {
          state: 'DONE',
          finished_at: new Date(),
          lease_owner: null,
          lease_until: null,
        });
        return null;
      }
      // What has ended is looked at before more is sent: it may decide the question, and gives credits back.
      if (underWay.ended > 0) return 0;
      const most = Math.max(
        next?.answers ?? 1,
        Math.min(answersAtOnce, Math.floor(limits.perMember * ROOM_PART * share)),
      );
      if (!next || this.#isEnded || answersOf(evaluation, underWay) + next.answers > most) return POLL_MS;
      const waitMs = this.#sendAt - performance.now();
      if (waitMs > 0) return Math.min(waitMs, POLL_MS);
      const refusal = await this.#send(evaluation, next, { underWay, share });
      if (refusal !== 'sent') return refusal;
      if (!(await this.#mayGoOn())) return 0;
    }
  }

  /** Renews the lease. @returns false if nothing more is to be sent here: it was paused, stopped, deleted or taken */
  async #mayGoOn(): Promise<boolean> {
    const { db, owner, leaseMs } = this.#options;
    return (await holdEvaluation(db, this.#id, { owner, leaseMs }))?.state === 'RUNNING';
  }

  async #findNext(evaluation: HeldEvaluation): Promise<NextPrompt | null> {
    const { db } = this.#options;
    const pair = evaluation.judge_model_id === null ? undefined : await findUnaskedPair(db, this.#id);
    if (pair) return this.#judging(evaluation, pair);
    const lost = await this.#lost.next();
    if (lost) return this.#again(evaluation, lost);
    const ask = await findWaitingAsk(db, this.#id);
    if (!ask) return null;
    const { position, repeat, prompt } = ask;
    const key = { evaluationId: this.#id, position, repeat };
    return {
      input: {
        ...inputOf(evaluation),
        ...sentTo(evaluation, evaluation.model_ids),
        prompt,
        fileIds: await this.#filesOf(position),
        idempotencyKey: `evaluation/${this.#id}/${position}/${repeat}`,
      },
      answers: evaluation.model_ids.length,
      sent: (sent) => setAsked(db, key, sent),
      refused: (message) => setAsked(db, key, { message }),
    };
  }

  async #again(evaluation: HeldEvaluation, lost: LostAnswerRow): Promise<NextPrompt> {
    const { prompt, position } = lost;
    const fileIds = await this.#filesOf(position);
    return {
      input: { ...inputOf(evaluation), ...sentTo(evaluation, [lost.model_id]), prompt, fileIds },
      answers: 1,
      again: { responseId: lost.id, begin: (most) => this.#lost.reopen(lost, most) },
      sent: async () => {},
      refused: async () => this.#lost.giveUp(lost),
    };
  }

  async #filesOf(position: number): Promise<string[]> {
    const files = await findEvaluationFiles(this.#options.db, { evaluationId: this.#id, position });
    return files.map(({ id }) => id);
  }

  async #judging(evaluation: HeldEvaluation, pair: UnaskedPair): Promise<NextPrompt> {
    const { db } = this.#options;
    const order = pair.first_asked ? 'last' : 'first';
    const texts = await answersOfPair(db, evaluation.user_id, pair);
    const name = `evaluation/${this.#id}/judge/${pair.id}/${order}${pair.lost_turn_id === null ? '' : ASKED_AGAIN}`;
    const answers = order === 'first' ? texts : ([texts[1], texts[0]] as const);
    const { prompt, reference } = pair;
    const request = judgeRequest({ key: name, rubric: evaluation.rubric, prompt, reference, answers });
    return {
      input: {
        ...inputOf(evaluation),
        ...request,
        modelIds: [evaluation.judge_model_id as string],
        fileIds: await this.#filesOf(pair.position),
        filesOptional: true,
        parameters: { maxOutputTokens: JUDGE_OUTPUT_TOKENS },
        idempotencyKey: name,
      },
      answers: 1,
      sent: (sent) => setJudgeAsked(db, pair.id, order, sent),
      refused: () => setJudgeAsked(db, pair.id, order, null),
    };
  }

  /** @returns `sent`, or when to look again; null: it is paused */
  async #send(
    evaluation: HeldEvaluation,
    next: NextPrompt,
    { underWay, share }: { underWay: UnderWay; share: number },
  ): Promise<number | null | 'sent'> {
    const { prompts, offer } = this.#options;
    try {
      const asking = await this.#asking(evaluation);
      if (!asking) return this.#pause('ACCOUNT', 'The account is suspended.');
      const { maximum } = await prompts.quote(asking, next.input);
      const { spent, credits_max: most } = evaluation;
      if (spent + underWay.most + maximum > most) {
        if (underWay.live > 0) return POLL_MS;
        return this.#pause(
          'LIMIT',
          `The next prompt may cost up to ${maximum.toLocaleString('en')} credits; of the evaluation’s limit ${Math.max(0, most - spent).toLocaleString('en')} are left.`,
        );
      }
      // It is opened before it is asked, so that its end is taken note of whenever this process dies.
      await next.again?.begin(maximum);
      const turn = await this.#whileHeld((signal) =>
        next.again
          ? prompts.askAgain(asking, next.again.responseId, this.#id)
          : prompts.send(asking, next.input, signal),
      );
      this.#pace(share * RATE_PART * tierOf(offer.now.catalogue, asking).promptsPerMinute);
      this.#awaited.add(turn.id);
      await next.sent({ turnId: turn.id, most: maximum });
      return 'sent';
    } catch (error) {
      // Whatever was refused is sent by the next process.
      if (error instanceof DomainError && this.#isEnded) return POLL_MS;
      if (error instanceof DomainError) return this.#refused(error, next, underWay.live);
      throw error;
    }
  }

  /** A prompt may wait long for credits. Meanwhile the lease is kept, and the wait ends once nothing more is to be sent. */
  async #whileHeld(send: (signal: AbortSignal) => Promise<TurnRow>): Promise<TurnRow> {
    const { leaseMs } = this.#options;
    const off = new AbortController();
    const end = () => off.abort();
    this.#ending.signal.addEventListener('abort', end);
    if (this.#isEnded) end();
    let looked = Promise.resolve();
    const timer = setInterval(() => {
      // A look that fails leaves it to the next one.
      looked = this.#mayGoOn()
        .then((mayGoOn) => void (mayGoOn || end()))
        .catch(() => {});
    }, leaseMs / 3);
    try {
      return await send(off.signal);
    } finally {
      clearInterval(timer);
      this.#ending.signal.removeEventListener('abort', end);
      await looked;
    }
  }

  /** Sends so many prompts a minute, the first of them at once; fewer than one are a longer wait. */
  #pace(perMinute: number): void {
    const now = performance.now();
    this.#sent.push(now);
    while (this.#sent[0] !== undefined && this.#sent[0] <= now - 60_000) this.#sent.shift();
    const oldest = this.#sent.at(-Math.max(1, Math.floor(perMinute)));
    if (oldest !== undefined) this.#sendAt = oldest + 60_000 / Math.min(1, perMinute);
  }

  async #refused(error: DomainError, next: NextPrompt, live: number): Promise<number | null | 'sent'> {
    if (error instanceof RateLimitError) {
      this.#sendAt = performance.now() + 1000 * error.retryAfterSeconds;
      return 1000 * error.retryAfterSeconds;
    }
    // What is being written may give back what it does not use.
    if (error instanceof InsufficientCreditsError) return live > 0 ? POLL_MS : this.#pause('CREDITS', error.message);
    const isOfPrompt =
      (error instanceof InvalidInputError && ['prompt', 'fileIds'].includes(error.field)) ||
      // The conversation of an earlier sending was deleted.
      (error instanceof NotFoundError && /conversation/.test(error.message));
    if (!isOfPrompt) return this.#pause('REFUSED', error.message);
    await next.refused(error.message);
    this.#mayBeDecided = true;
    return 'sent';
  }

  async #asking({ user_id: userId }: HeldEvaluation): Promise<Asking | null> {
    const [user] = await findUsers(this.#options.db, [userId]);
    if (!user || user.suspended || user.deletedAt) return null;
    const { id, email, name, role, tier } = user;
    return { id, email, name, role, tier };
  }

  async #pause(code: string, message: string): Promise<number> {
    const { db, owner } = this.#options;
    const paused = { state: 'PAUSED' as const, pause_code: code, pause_message: message.slice(0, 1000) };
    await setHeldEvaluation(db, this.#id, owner, paused);
    // What is being written is waited for.
    return 0;
  }

  async #delete({ id, user_id: userId }: HeldEvaluation): Promise<number | null> {
    const { db } = this.#options;
    const conversations = await findEvaluationConversations(db, id, 50);
    for (const conversation of conversations) {
      if (this.#isEnded) return 0;
      await deleteConversation(this.#options, userId, conversation).catch((error) => {
        if (!(error instanceof NotFoundError)) throw error;
      });
    }
    if (conversations.length > 0) return 0;
    await deleteEvaluationRow(db, id);
    return null;
  }
}

function answersOf({ model_ids: modelIds }: HeldEvaluation, { asks, judgings }: UnderWay): number {
  return asks * modelIds.length + judgings;
}
