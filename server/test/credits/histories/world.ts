import { type NotNull, sql } from 'kysely';
import { v7 as newId } from 'uuid';
import { expect } from 'vitest';
import type { OpenDatabase } from '../../../src/database/connection/open.ts';
import { tierOf } from '../../../src/domain/catalogue/catalogue.ts';
import { deleteConversation } from '../../../src/domain/conversations/deletion.ts';
import { stopResponses } from '../../../src/domain/conversations/turns.ts';
import type { AnswerUnderWay } from '../../../src/domain/following/answer-under-way.ts';
import { DomainError } from '../../../src/domain/ground/errors.ts';
import { parseGlobalId } from '../../../src/domain/ground/global-ids.ts';
import { renewAccount } from '../../../src/domain/money/credits.ts';
import { adjustCredits, adjustTeamCredits, setTier } from '../../../src/domain/people/administration.ts';
import { type ApiKeyInput, createApiKey, findApiKeys, revokeApiKey } from '../../../src/domain/people/api-keys.ts';
import type { Asking, Member } from '../../../src/domain/people/members.ts';
import { setTeamMember, type TeamChanges, updateTeam } from '../../../src/domain/people/teams.ts';
import { type MessagePart, ModelFailure } from '../../../src/ports/language-model.ts';
import { docx, image, pdf } from '../../files/asking-house.ts';
import { storeFile } from '../../files/stored-file.ts';
import { expectReconciled } from '../audit.ts';
import { labCatalogue } from '../catalogue.ts';
import { addMember, type House, startHouse, until } from '../house.ts';
import { createScriptedModel, type ScriptedModel } from '../scripted-model.ts';
import type { Action } from './actions.ts';
import { Memberships } from './memberships.ts';

const catalogue = labCatalogue(
  {
    plain: {},
    dear: {
      accepts: ['TEXT', 'IMAGE', 'PDF'],
      prices: { input: 15_000_000, output: 75_000_000, cacheWriteInput: 18_750_001, perRequest: 7_001 },
    },
    free: { prices: { input: 0, cachedInput: 0, cacheWriteInput: 0, output: 0 } },
    odd: {
      prices: { input: 333_333, cachedInput: 33_333, output: 1_999_999 },
      fallbacks: ['lab/dear', 'lab/plain'],
      accepts: ['TEXT', 'PDF'],
    },
  },
  {
    FREE: { monthlyCredits: 200_000, maxOutputTokens: 500, growingHolds: true },
    PRO: { monthlyCredits: 900_000 },
    ENTERPRISE: { monthlyCredits: 4_000_000, growingHolds: true },
  },
);

/** Stands for a server process, within this process. */
interface Place {
  house: House;
  languageModel: ScriptedModel;
}

/** The API keys of each member: with a limit, with a limit and few models, bound to a team, and with nothing of these. */
const keysOf = (teamId: string): ApiKeyInput[] => [
  { name: 'Limited', monthlyCredits: 60_000 },
  { name: 'Limited to few', monthlyCredits: 9_000, models: [...catalogue.models.values()].slice(2) },
  { name: 'Of the team', payer: { teamId } },
  { name: 'Free' },
];

/**
 * Starts a world of two members with four API keys each, two teams that both are in and, if the database takes them, two
 * processes. One team limits what a member may spend, and its models.
 */
export async function startWorld(database: OpenDatabase): Promise<World> {
  const { db } = database;
  const members = [await addMember(database), await addMember(database)];
  const teamIds = [newId(), newId()] as const;
  const limits = [{}, { member_monthly_credits: 90_000, model_ids: ['lab/plain', 'lab/odd', 'lab/free'] }];
  for (const [at, id] of teamIds.entries()) {
    await db
      .insertInto('team')
      .values({ id, name: `Team ${id}`, monthly_credits: 400_000, ...limits[at] })
      .execute();
    const team_id = id;
    await db
      .insertInto('team_member')
      .values(members.map(({ id: user_id }) => ({ team_id, user_id })))
      .execute();
  }
  for (const member of members) for (const key of keysOf(teamIds[0])) await createApiKey(db, member, key);
  const files = new Map<string, string[]>();
  for (const { id, email } of members) {
    const stored = await Promise.all([image, pdf, docx].map((file) => storeFile(db, email, file)));
    files.set(
      id,
      stored.map((fileId) => parseGlobalId(fileId)?.id ?? ''),
    );
  }
  const world = new World(database, { ids: members.map(({ id }) => id), teamIds, files });
  await world.start();
  return world;
}

interface Inhabitants {
  ids: readonly string[];
  teamIds: readonly string[];
  files: ReadonlyMap<string, readonly string[]>;
}

export class World {
  readonly #database: OpenDatabase;
  readonly #db: OpenDatabase['db'];
  readonly #ids: readonly string[];
  readonly #teamIds: readonly string[];
  /** The ids of an image, a PDF and a document, by member. */
  readonly #files: ReadonlyMap<string, readonly string[]>;
  readonly #houses: Place[] = [];
  readonly #killed: Place[] = [];
  /** The calls of programs that were started. */
  readonly #programs: AnswerUnderWay[] = [];
  /** The ids of all responses so far. */
  readonly #seen = new Set<string>();
  /** How often each owner's account may have been topped up. */
  readonly #months: Map<string, number>;
  readonly #memberships: Memberships;

  constructor(database: OpenDatabase, { ids, teamIds, files }: Inhabitants) {
    this.#files = files;
    this.#database = database;
    this.#db = database.db;
    this.#ids = ids;
    this.#teamIds = teamIds;
    this.#months = new Map([...ids, ...teamIds].map((id) => [id, 1]));
    this.#memberships = new Memberships(database.db, teamIds);
  }

  async start(): Promise<void> {
    this.#houses.push(await this.#place());
    // The embedded database takes only one process.
    if (this.#database.kind === 'postgres') this.#houses.push(await this.#place());
  }

  async #place(): Promise<Place> {
    const languageModel = createScriptedModel();
    return {
      languageModel,
      house: await startHouse({ database: this.#database, catalogue, languageModel, creditPatienceMs: 50 }),
    };
  }

  #houseAt(at: number): House {
    return (pick(this.#houses, at) as Place).house;
  }

  #memberAt(at: number): Promise<Member> {
    return this.#db
      .selectFrom('user')
      .select(['id', 'email', 'name', 'role', 'tier'])
      .where('id', '=', pick(this.#ids, at) as string)
      .executeTakeFirstOrThrow();
  }

  async #askingAt({ member, key }: { member: number; key: number | null }): Promise<Asking> {
    const asking = await this.#memberAt(member);
    const used = key === null ? undefined : pick(await this.#keysOf(asking), key);
    if (!used) return { ...asking, apiKey: null };
    const { payerTeamId: teamId } = used;
    return { ...asking, apiKey: { ...used, payer: teamId === null ? null : { teamId } } };
  }

  async #keysOf({ id }: Member) {
    return (await findApiKeys(this.#db, id)).sort((one, other) => one.name.localeCompare(other.name));
  }

  #teamAt(at: number | null): { teamId: string } | null {
    return at === null ? null : { teamId: pick(this.#teamIds, at) as string };
  }

  #openCalls() {
    return [...this.#houses, ...this.#killed].flatMap(({ languageModel }) => languageModel.open);
  }

  #responsesOf(userId: string) {
    return this.#db
      .selectFrom('response')
      .select(['id', 'turn_id', 'conversation_id'])
      .where('turn_id', 'is not', null)
      .$narrowType<{ turn_id: NotNull; conversation_id: NotNull }>()
      .where('user_id', '=', userId)
      .orderBy('id')
      .execute();
  }

  async act(one: Action): Promise<void> {
    try {
      await this.#perform(one);
    } catch (error) {
      // A refusal is a valid outcome.
      if (!(error instanceof DomainError)) throw error;
    }
  }

  async #perform(one: Action): Promise<void> {
    switch (one.do) {
      case 'send':
        return this.#send(one);
      case 'call':
        return this.#call(one);
      case 'leave':
        return pick(this.#programs, one.program)?.stop();
      case 'regenerate': {
        const asking = await this.#askingAt(one);
        const earlier = pick(await this.#responsesOf(asking.id), one.response);
        if (earlier) await this.#houseAt(one.house).prompts.regenerate(asking, earlier.id, one.model);
        return;
      }
      case 'revoke': {
        const owner = await this.#memberAt(one.member);
        const revoked = pick(await this.#keysOf(owner), one.key);
        if (!revoked) return;
        await revokeApiKey(this.#houseAt(one.house), owner, revoked.id);
        const keys = keysOf(this.#teamIds[0] as string);
        await createApiKey(this.#db, owner, keys.find(({ name }) => name === revoked.name) ?? { name: revoked.name });
        return;
      }
      case 'write':
        return pick(this.#openCalls(), one.call)?.push({ type: one.part, text: one.text });
      case 'finish':
        return pick(this.#openCalls(), one.call)?.finish(one.usage);
      case 'fail': {
        const call = pick(this.#openCalls(), one.call);
        if (one.usage) call?.push({ type: 'usage', usage: one.usage });
        return call?.fail(new ModelFailure(one.code, 'As the test wants it.'));
      }
      case 'stop': {
        const { id } = await this.#memberAt(one.member);
        const stopped = pick(await this.#responsesOf(id), one.response);
        if (stopped) await stopResponses(this.#houseAt(one.house), id, stopped.turn_id, one.all ? null : [stopped.id]);
        return;
      }
      case 'takeOver': {
        const taken = pick(
          await this.#db.selectFrom('response').select('id').where('user_id', 'in', this.#ids).execute(),
          one.response,
        );
        if (taken) await this.#houseAt(one.house).leases.takeOver(taken.id, one.status);
        return;
      }
      case 'kill':
        return this.#kill(one.house % this.#houses.length);
      case 'delete': {
        const { id } = await this.#memberAt(one.member);
        const deleted = pick(await this.#responsesOf(id), one.response);
        if (deleted) await deleteConversation(this.#houseAt(one.house), id, deleted.conversation_id);
        return;
      }
      case 'adjust': {
        const team = this.#teamAt(one.team);
        const adjustment = { amount: one.amount, note: 'As the test wants it.' };
        if (team) await adjustTeamCredits(this.#houseAt(0), 'operator', { ...team, ...adjustment });
        else {
          const { id } = await this.#memberAt(one.member);
          await adjustCredits(this.#houseAt(0), 'operator', { userId: id, ...adjustment });
        }
        return;
      }
      case 'tier': {
        const { id } = await this.#memberAt(one.member);
        await setTier(this.#houseAt(0), 'operator', { userId: id, tier: one.tier });
        return;
      }
      case 'allow':
        return this.#updateTeam(one.team, { monthlyCredits: one.monthlyCredits });
      case 'archive':
        return this.#updateTeam(one.team, { archived: one.archived });
      case 'membership':
        return this.#setMember(one.member, one.team, one.in);
      case 'changeTeam': {
        const [left, joined] = [one.from, one.from + 1];
        if (one.joinsFirst) await this.#setMember(one.member, joined, true);
        await this.#setMember(one.member, left, false);
        if (!one.joinsFirst) await this.#setMember(one.member, joined, true);
        return;
      }
      case 'month': {
        const id = this.#teamAt(one.team)?.teamId ?? (await this.#memberAt(one.member)).id;
        this.#months.set(id, (this.#months.get(id) ?? 0) + 1);
        await sql`update credit_account set topped_up_month = topped_up_month + ${one.months} * interval '1 month'
          where coalesce(user_id, team_id::text) = ${id}`.execute(this.#db);
        return;
      }
      case 'look': {
        const looking = await this.#memberAt(one.member);
        await renewAccount(
          this.#db,
          this.#teamAt(one.team) ?? { userId: looking.id, tier: tierOf(catalogue, looking) },
        );
        return;
      }
    }
  }

  async #send(one: Extract<Action, { do: 'send' }>): Promise<void> {
    const asking = await this.#askingAt(one);
    const earlier = one.branch === null ? undefined : pick(await this.#responsesOf(asking.id), one.branch);
    await this.#houseAt(one.house).prompts.send(asking, {
      prompt: 'What now?',
      modelIds: one.models,
      fileIds: one.files.flatMap((at) => pick(this.#files.get(asking.id) ?? [], at) ?? []),
      merge: one.merge && one.models.length > 1 ? {} : null,
      parentTurnId: earlier?.turn_id ?? null,
      parameters: { maxOutputTokens: one.output ?? null },
      payer: this.#teamAt(one.team) ?? (one.own ? 'member' : null),
    });
  }

  async #call(one: Extract<Action, { do: 'call' }>): Promise<void> {
    const image: MessagePart = { type: 'file', mediaType: 'image/png', data: 'iVBORw0KGgo=', name: null };
    const asking = { ...(await this.#askingAt(one)), payer: this.#teamAt(one.team) };
    const call = await this.#houseAt(one.house).prompts.call(asking, {
      modelId: one.model,
      system: null,
      messages: [{ role: 'user', parts: [{ type: 'text', text: 'What now?' }, ...(one.image ? [image] : [])] }],
      parameters: { maxOutputTokens: one.output ?? null },
      options: { tools: [{ name: 'look', description: null, parameters: null }] },
    });
    this.#programs.push(call);
  }

  async #updateTeam(at: number, changes: TeamChanges): Promise<void> {
    await updateTeam(this.#houseAt(0), 'operator', pick(this.#teamIds, at) as string, changes);
  }

  async #setMember(member: number, team: number, isIn: boolean): Promise<void> {
    const userId = pick(this.#ids, member) as string;
    const teamId = pick(this.#teamIds, team) as string;
    this.#memberships.mayChange({ userId, teamId });
    await setTeamMember(this.#houseAt(0), 'operator', { teamId, of: { userId }, member: isIn, owner: false });
  }

  /**
   * The killed house runs on without renewing or writing. Another one starts in its place and finds its leases expired.
   */
  async #kill(at: number): Promise<void> {
    const [gone] = this.#houses.splice(at, 1, await this.#place()) as [Place];
    this.#killed.push(gone);
    await gone.house.freeze();
    await sql`update response set lease_until = clock_timestamp() - interval '1 second'
      where lease_owner = ${gone.house.generation.owner} and lease_until is not null`.execute(this.#db);
    await (this.#houses[at] as Place).house.leases.recover();
  }

  async expectSound(): Promise<void> {
    await expectReconciled(this.#db);
    const all = await this.#db.selectFrom('response').select('id').where('user_id', 'in', this.#ids).execute();
    for (const { id } of all) this.#seen.add(id);
    await this.#expectHoldsResolvedOnce();
    await this.#memberships.expectHeeded();
    const topUps = await this.#db
      .selectFrom('credit_entry')
      .innerJoin('credit_account', 'credit_account.id', 'credit_entry.credit_account_id')
      .select([sql<string>`coalesce(user_id, team_id::text)`.as('owner'), (eb) => eb.fn.countAll<number>().as('count')])
      .where(sql`coalesce(user_id, team_id::text)`, 'in', [...this.#months.keys()])
      .where('note', '=', 'Monthly credits')
      .groupBy('owner')
      .execute();
    for (const { owner, count } of topUps) expect(count).toBeLessThanOrEqual(this.#months.get(owner) ?? 0);
  }

  /** Checks all responses so far, deleted ones included. */
  async #expectHoldsResolvedOnce() {
    if (this.#seen.size === 0) return;
    for (const { id } of this.#programs) this.#seen.add(id);
    const live = await this.#db
      .selectFrom('response')
      .select('id')
      .where('id', 'in', [...this.#seen])
      .where('lease_until', 'is not', null)
      .execute();
    const receipts = await this.#db
      .selectFrom('receipt')
      .select('response_id')
      .where('response_id', 'in', [...this.#seen])
      .execute();
    const accounted = new Set([...receipts.map(({ response_id }) => response_id), ...live.map(({ id }) => id)]);
    expect([...this.#seen].filter((id) => !accounted.has(id))).toEqual([]);
  }

  async end(): Promise<void> {
    for (const { house } of [...this.#houses, ...this.#killed]) await house.end();
    await until(async () => {
      const { count } = await this.#db
        .selectFrom('response')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('user_id', 'in', this.#ids)
        .where('lease_until', 'is not', null)
        .executeTakeFirstOrThrow();
      return count === 0;
    }, 'everything is settled');
    await this.expectSound();
  }
}

function pick<T>(list: readonly T[], at: number): T | undefined {
  return list[at % list.length];
}
