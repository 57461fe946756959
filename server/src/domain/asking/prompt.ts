import type { Kysely, Transaction } from 'kysely';
import { execute } from '../../database/connection/statement.ts';
import type { Database } from '../../database/database.ts';
import type { TurnRow } from '../../database/turns.ts';
import type { Generation } from '../answering/generation.ts';
import type { LiveResponses } from '../answering/live-responses.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { accountTopic, type Notifications, turnTopic } from '../ground/notifications.ts';
import { makeAccount, type PayingTeam } from '../money/credits.ts';
import type { MonthlyLimit } from '../money/monthly-limit.ts';
import type { Asking, Member } from '../people/members.ts';
import type { RunningLimits } from './admission.ts';
import type { Admitted } from './new-responses.ts';
import { type PromptInput, validated } from './prompt-input.ts';
import { type Quote, quotePrompt } from './quote.ts';
import { Room } from './room.ts';
import { type Admitting, type AskingOptions, admitPrompt, type EarlierPrompt, earlierPrompt } from './sending.ts';
import { admitContinuation, admitRegeneration } from './versions.ts';

export type { Quote } from './quote.ts';

export interface PromptsOptions {
  db: Kysely<Database>;
  catalogue: Catalogue;
  live: LiveResponses;
  generation: Generation;
  notifications: Notifications;
  leaseMs: number;
  limits: RunningLimits;
  monthlyLimit: MonthlyLimit;
}

/** Takes all that members ask. If a method throws a DomainError, nothing is stored, held or started. */
export class Prompts {
  readonly #options: PromptsOptions;
  readonly #asking: AskingOptions;
  readonly #room: Room;

  constructor(options: PromptsOptions) {
    const { live, generation, limits } = options;
    this.#options = options;
    this.#room = new Room({ live, generation, perProcess: limits.perProcess });
    this.#asking = { ...options, room: this.#room };
  }

  /**
   * Stores the prompt, holds its credits and starts its responses. A repeated idempotency key returns the same turn
   * again.
   */
  async send(asking: Asking, input: PromptInput): Promise<TurnRow> {
    const { catalogue } = this.#options;
    const request = validated(input, catalogue);
    const earlier = earlierPrompt(catalogue, asking, request);
    return this.#admit((admitting) => admitPrompt(this.#asking, admitting, { asking, request, earlier }), {
      asking,
      earlier,
      team: request.payer ?? null,
    });
  }

  /** Asks the prompt of a final response again, in its lane, of the same model or another. */
  async regenerate(asking: Asking, responseId: string, modelId: string | null): Promise<TurnRow> {
    return this.#admit((admitting) => admitRegeneration(this.#asking, admitting, { asking, responseId, modelId }), {
      asking,
    });
  }

  /**
   * Has the model of a response that was cut off go on with its text, as a new response in its lane. Repeated, it
   * returns the same turn and starts nothing more.
   */
  async continue(asking: Asking, responseId: string): Promise<TurnRow> {
    return this.#admit((admitting) => admitContinuation(this.#asking, admitting, { asking, responseId }), { asking });
  }

  /**
   * The credits that `send` would hold, and those it is likely to charge. Checks the tier's number of models, but no
   * rate.
   */
  async quote(member: Asking, input: PromptInput): Promise<Quote> {
    return quotePrompt(this.#options, member, input);
  }

  async #admit(admission: Admission, { asking, earlier, team }: Asked): Promise<TurnRow> {
    const { generation, notifications } = this.#options;
    const { obstacle } = this.#room;
    if (obstacle) {
      // A prompt that was admitted before needs no room.
      const known = earlier ? (await execute(this.#options.db, earlier.statement))[0] : undefined;
      if (!known) throw obstacle;
      earlier?.requireSame(known);
      return known;
    }
    let reserved = 0;
    const reserve = (responses: number) => {
      this.#room.reserve(responses);
      reserved += responses;
    };
    try {
      const admitted = await this.#transact((trx) => admission({ trx, reserve }), { asking, team });
      const { turn, creditAccountId, jobs } = admitted;
      for (const job of jobs) generation.start(job);
      if (jobs.length > 0) notifications.publish([accountTopic(creditAccountId), turnTopic(turn.id)]);
      return turn;
    } finally {
      this.#room.release(reserved);
    }
  }

  /** Runs the transaction, after making the accounts that it found missing. */
  async #transact(
    admission: (trx: Transaction<Database>) => Promise<Admitted | null>,
    { asking, team }: Pick<Asked, 'asking' | 'team'>,
  ): Promise<Admitted> {
    const { db } = this.#options;
    for (;;) {
      const admitted = await db.transaction().execute(admission);
      if (admitted) return admitted;
      await makeAccount(db, { userId: asking.id });
      if (team) await makeAccount(db, team);
    }
  }
}

/** Admits in a transaction; null: an account is missing. */
type Admission = (admitting: Admitting) => Promise<Admitted | null>;

interface Asked {
  asking: Member;
  earlier?: EarlierPrompt | null;
  /** The team that pays; null: the member, or the account that paid before. */
  team?: PayingTeam | null;
}
