import { v7 as newId } from 'uuid';
import type { OpenDatabase } from '../../src/database/connection/open.ts';
import type { AgentDefinition } from '../../src/domain/agents/agent-definition.ts';
import type { Catalogue } from '../../src/domain/catalogue/catalogue.ts';
import { noOrigins } from '../../src/domain/catalogue/changes.ts';
import { type Domain, startDomain } from '../../src/domain/domain.ts';
import type { Member } from '../../src/domain/people/members.ts';
import type { AlertWebhook } from '../../src/ports/alert-webhook.ts';
import type { FileReader } from '../../src/ports/file-reader.ts';
import type { FileStore } from '../../src/ports/file-store.ts';
import type { LanguageModel } from '../../src/ports/language-model.ts';
import type { Mailer } from '../../src/ports/mailer.ts';
import type { Tool } from '../../src/ports/tool.ts';
import { createDatabaseFileStore } from '../../src/storage/database-file-store.ts';
import { testLog } from './quiet-log.ts';

/** The domain without its protocols, on the test's own catalogue. */
export interface House extends Domain {
  catalogue: Catalogue;
  /** Ends the house as a SIGTERM would. The database stays open, as it belongs to the test. */
  end(): Promise<void>;
  /** Leaves what a SIGKILL leaves: no lease is renewed and no row written any more, while the answers run on. */
  freeze(): Promise<void>;
}

export interface HouseOptions {
  database: OpenDatabase;
  catalogue: Catalogue;
  languageModel: LanguageModel;
  /** The provider that `languageModel` stands for. Default: `lab`. */
  providerId?: string;
  leaseMs?: number;
  /** Tools that everybody may use. Default: none. */
  tools?: readonly Tool[];
  /** Agents beside the server's own. Default: none. */
  agents?: readonly AgentDefinition[];
  /** Default: no limit. */
  monthlyCreditsMax?: number;
  creditPatienceMs?: number;
  alertWebhook?: AlertWebhook;
  mailer?: Mailer;
  /** Default: the database. */
  fileStore?: FileStore;
  /** Default: no file can be read. */
  openReader?: () => Promise<FileReader>;
}

/** Starts a house with one provider, which answers through `languageModel`. */
export async function startHouse({
  database,
  catalogue,
  languageModel,
  providerId = 'lab',
  leaseMs = 60_000,
  tools = [],
  agents = [],
  monthlyCreditsMax,
  creditPatienceMs,
  alertWebhook,
  mailer,
  fileStore = createDatabaseFileStore(database.db),
  openReader = () => Promise.reject(new Error('no house receives files')),
}: HouseOptions): Promise<House> {
  const languageModels = new Map([[providerId, languageModel]]);
  const offer = { catalogue, languageModels, isPaid: false, origins: noOrigins, warnings: [] };
  const running = await startDomain({
    database,
    assembly: { mistakesIn: () => [], assemble: async () => offer },
    secret: 'a secret that is long enough for a test',
    limits: { firstTokenTimeoutMs: 600_000, idleTimeoutMs: 600_000 },
    runningLimits: { perProcess: 10_000, perMember: 10_000 },
    leaseMs,
    ownTools: tools,
    ownAgents: agents,
    files: {
      stores: { DATABASE: fileStore, BUCKET: null },
      openReader,
      bytesMax: 1,
    },
    imports: { openReader: () => Promise.reject(new Error('no house imports files')), bytesMax: 1 },
    retryDelayMs: 1,
    planChanges: () => true,
    monthlyCreditsMax: monthlyCreditsMax ?? null,
    creditPatienceMs,
    alertWebhook: alertWebhook ?? null,
    alertRetryMs: 20,
    mailer: mailer ?? null,
    log: testLog,
  });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= running.close();
    return closed;
  };
  return {
    ...running.domain,
    catalogue,
    async end() {
      await running.drain(0);
      await close();
    },
    freeze: close,
  };
}

/** Adds a member with an account, without a sign-up. */
export async function addMember({ db }: Pick<OpenDatabase, 'db'>, changes: Partial<Member> = {}): Promise<Member> {
  const id = newId();
  const member: Member = { id, email: `${id}@example.org`, name: 'Member', role: 'USER', tier: 'FREE', ...changes };
  await db.insertInto('user').values(member).execute();
  // The first user of a database becomes its admin, so the role is set again.
  await db.updateTable('user').set({ role: member.role }).where('id', '=', id).execute();
  return member;
}

/** Resolves once `isSo` is true; rejects after `timeoutMs`. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string, timeoutMs = 20_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  // The waits grow, as each check takes processor time from the work that is awaited.
  for (let waitMs = 2; !(await isSo()); waitMs = Math.min(waitMs * 1.5, 25)) {
    if (performance.now() > deadline) throw new Error(`Never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}
