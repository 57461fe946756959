import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Database } from '../database/database.ts';
import type { AlertWebhook } from '../ports/alert-webhook.ts';
import type { BuiltInReach, BuiltInTool } from '../ports/built-in-tool.ts';
import type { Mailer } from '../ports/mailer.ts';
import { type Observer, observedBy } from '../ports/observer.ts';
import type { Agents } from './agents/agents.ts';
import type { AttemptLimits } from './answering/attempt.ts';
import { createGeneration, type Generation } from './answering/generation.ts';
import { createJournal, type Journal } from './answering/journal.ts';
import { createLeases, type Leases } from './answering/leases.ts';
import { createLiveResponses, type LiveResponses } from './answering/live-responses.ts';
import { createProviderHealth, type ProviderHealth } from './answering/provider-health.ts';
import { createProviderProbe, type ProviderProbe } from './answering/provider-probe.ts';
import { FileLoader } from './answering/sent-files/file-loader.ts';
import type { RunningLimits } from './asking/admission.ts';
import { Prompts } from './asking/prompt.ts';
import type { CurrentOffer, Offer } from './catalogue/offer.ts';
import { createRetention } from './conversations/retention.ts';
import { findOwnTexts } from './conversations/searching/own-texts.ts';
import { createTemporarySweep, type TemporarySweep } from './conversations/temporary.ts';
import { EvaluationRunner } from './evaluating/evaluation-runner.ts';
import type { WorkOptions } from './evaluating/evaluation-work.ts';
import { CallFiles } from './files/call-files.ts';
import { createFileCleaner, type FileCleaner } from './files/cleaner.ts';
import { type ContentsOptions, FileContents } from './files/contents.ts';
import { MadeImages } from './files/made-images.ts';
import { TemporaryFiles } from './files/temporary-files.ts';
import { Uploads, type UploadsOptions } from './files/uploads.ts';
import { accountTopic, createNotifications, type Notifications, turnTopic } from './ground/notifications.ts';
import { Seal } from './ground/secrets/seal.ts';
import { Leaderboards } from './judging/boards/leaderboards.ts';
import { type Pseudonyms, pseudonymsOf } from './judging/pseudonyms.ts';
import { Imports, type ImportsOptions } from './keeping/imports.ts';
import { createAlertDelivery } from './money/alerts/alert-delivery.ts';
import { CreditWaits } from './money/credit-waits.ts';
import type { MonthlyLimit } from './money/monthly-limit.ts';
import type { Assembly } from './offering/assembly.ts';
import { ModelLooks } from './offering/model-looks.ts';
import { OfferKeeper } from './offering/offer-keeper.ts';
import { createPurge, type Purge } from './people/purge.ts';
import { ShareReaders } from './sharing/readers.ts';
import { ShareRule } from './sharing/share-rule.ts';
import type { Sharing } from './sharing/shared-conversation.ts';
import { TitleModel, type TitleModelOptions } from './titles/title-model.ts';
import { TitleWriter, type TitleWriterOptions } from './titles/title-writer.ts';
import type { HouseTools } from './tools/house-tools.ts';
import { openAgents, openTools, resuming, type ToolsOptions } from './tools-and-agents.ts';

/** Everything that the API is made of, below its protocols. */
export interface Domain {
  db: Kysely<Database>;
  offer: CurrentOffer;
  offerKeeper: OfferKeeper;
  modelLooks: ModelLooks;
  live: LiveResponses;
  generation: Generation;
  agents: Agents;
  prompts: Prompts;
  leaderboards: Leaderboards;
  /** Of the ids in the file of all verdicts. */
  pseudonymOf: Pseudonyms;
  /** With whom members may share what, and who reads it. */
  sharing: Sharing;
  /** Sends the prompts of evaluations. */
  evaluationRunner: EvaluationRunner;
  leases: Leases;
  /** What files have in them. */
  fileContents: FileContents;
  fileCleaner: FileCleaner;
  uploads: Uploads;
  /** What programs' calls bring. */
  callFiles: CallFiles;
  /** Takes conversations from files. */
  imports: Imports;
  /** The tools that this server brings along, switched on or not. */
  builtInTools: readonly BuiltInTool[];
  notifications: Notifications;
  providerHealth: ProviderHealth;
  providerProbe: ProviderProbe;
  /** The tools that models may call. */
  houseTools: HouseTools;
  /** Deletes what deleted members had written. */
  purge: Purge;
  /** Deletes temporary conversations that were left. */
  temporaries: TemporarySweep;
  /** Which model writes titles, and what has it write them. */
  titleModel: TitleModel;
  titles: TitleWriter;
  /** Null: this server sends no mail. */
  mailer: Mailer | null;
  /** Whether members may change their plan themselves, while this is offered. */
  planChanges: (offer: Offer) => boolean;
  /** What all accounts together may spend in a month. */
  monthlyLimit: MonthlyLimit;
  log: Logger;
  /** After how many days without a prompt conversations are deleted; null: never. */
  retentionDays: number | null;
}

export interface DomainOptions extends ToolsOptions {
  assembly: Assembly;
  /** Of which keys are derived: one encrypts what admins store, one makes pseudonyms. */
  secret: string;
  limits: AttemptLimits;
  runningLimits: RunningLimits;
  leaseMs: number;
  files: Pick<UploadsOptions, 'openReader' | 'bytesMax'> & Pick<ContentsOptions, 'stores'>;
  imports: Pick<ImportsOptions, 'openReader' | 'bytesMax'>;
  /** Makes the tools that this server brings along. Default: there are none. */
  openBuiltInTools?: ((reach: BuiltInReach) => readonly BuiltInTool[]) | undefined;
  /** Answers of one evaluation that are written at once. Default: 8. */
  evaluationAnswersMax?: number | undefined;
  planChanges: Domain['planChanges'];
  /** Credits; see MonthlyLimit. */
  monthlyCreditsMax?: number | null;
  /** See RetentionOptions. */
  retentionDays?: number | null;
  /** Null: no mail is sent. The app closes it. */
  mailer?: Mailer | null;
  /** Is told of budget alerts. Null: no program is. */
  alertWebhook?: AlertWebhook | null;
  /** See AlertDeliveryOptions.retryMs. */
  alertRetryMs?: number | undefined;
  log: Logger;
  /** Hears what is done about prompts. Default: nobody does. */
  observer?: Observer;
  /** See GenerationOptions. */
  retryDelayMs?: number | undefined;
  /**
   * How long prompts and answers whose holds grow wait for credits that others are to give back. Not a setting: only
   * tests shorten it.
   */
  creditPatienceMs?: number | undefined;
}

const CREDIT_PATIENCE_MS = 30_000;
const EVALUATION_ANSWERS = 8;

export interface RunningDomain {
  domain: Domain;
  /** Refuses new prompts, gives running responses `graceMs`, keeps the rest as INTERRUPTED. */
  drain(graceMs: number): Promise<void>;
  /** Ends the background work; to be called after `drain` and before the database is closed. */
  close(): Promise<void>;
}

/**
 * Starts the domain and its background work, after making final what an earlier process left in an embedded database.
 */
export async function startDomain(options: DomainOptions): Promise<RunningDomain> {
  const { database, limits, runningLimits, leaseMs, planChanges, observer = observedBy([]), log } = options;
  const { db } = database;
  const { creditPatienceMs = CREDIT_PATIENCE_MS, monthlyCreditsMax: monthlyLimit = null } = options;
  const offerKeeper = await openOffer(options);
  const { offer } = offerKeeper;
  const live = createLiveResponses();
  const providerHealth = createProviderHealth();
  const waits = new CreditWaits({ subscribe: (topic, wake) => notifications.subscribe(topic, wake) });
  const paying = { monthlyLimit, waits, creditPatienceMs };
  const alerts = startAlerts(options);
  let working: Awaited<ReturnType<typeof startWork>> | undefined;
  const files = startFiles(options, offer);
  const { fileContents, fileCleaner } = files.domain;
  const generation = createGeneration({
    db,
    fileLoader: new FileLoader({ contents: fileContents }),
    images: files.images,
    live,
    holds: paying,
    limits,
    providerHealth,
    observer,
    log,
    retryDelayMs: options.retryDelayMs,
    journalled: () => journalled(journal),
    onAlert: () => alerts.wake(),
    onSettled: (job, end) => {
      const { creditAccountId, identity } = job;
      notifications.publish([accountTopic(creditAccountId), turnTopic(identity.turnId)]);
      working?.domain.evaluationRunner.onSettled(identity.turnId);
      working?.domain.titles.onSettled(job, end);
      alerts.onCharge();
    },
  });
  const notifications = await createNotifications({ database, owner: generation.owner, log });
  offerKeeper.follow(notifications);
  const houseTools = await openTools(options, { ...files.domain, notifications });
  const journal = createJournal({ db, live, notifications, owner: generation.owner, log });
  const shared = { db, live, offer, notifications, leaseMs, observer };
  const { owner } = generation;
  const agents = openAgents(options, houseTools, {
    ...{ generation, offer, notifications },
    journalled: () => journalled(journal),
  });
  const onAlert = () => alerts.wake();
  const leases = createLeases({ ...shared, ...resuming(agents, generation), owner, onAlert, log });
  const prompts = new Prompts({
    ...shared,
    generation,
    agents,
    limits: runningLimits,
    ...paying,
    isDown: (providerId) => providerHealth.report(providerId).status === 'DOWN',
  });
  const providerProbe = createProviderProbe({ offer, providerHealth, limits });
  const upkeep = startUpkeep(options, { generation, notifications, leases, fileCleaner });
  const modelLooks = new ModelLooks({ db, offer, probe: providerProbe, log });
  if (database.kind !== 'postgres') await leases.recover({ alone: true });
  const sharing = await openSharing(options, notifications);
  const tools = { db, prompts, offer, owner, leaseMs, generation, notifications, leases, fileCleaner, log };
  const work = await startWork(options, { ...tools, monthlyLimit });
  working = work;

  return {
    domain: {
      db,
      offer,
      offerKeeper,
      modelLooks,
      live,
      generation,
      agents,
      prompts,
      houseTools,
      leaderboards: new Leaderboards(db),
      pseudonymOf: pseudonymsOf(options.secret),
      sharing,
      leases,
      ...files.domain,
      notifications,
      providerHealth,
      providerProbe,
      purge: upkeep.purge,
      temporaries: upkeep.temporaries,
      ...work.domain,
      planChanges,
      monthlyLimit,
      ...told(options),
    },
    drain: (graceMs) => work.end().then(() => generation.close(graceMs)),
    async close() {
      await upkeep.close();
      sharing.rule.close();
      const parts = [work, files, houseTools, modelLooks, offerKeeper, leases, alerts, journal, notifications];
      for (const part of parts) await part.close();
    },
  };
}

/** What is handed on as it is. */
function told({
  retentionDays = null,
  mailer = null,
  log,
}: DomainOptions): Pick<Domain, 'retentionDays' | 'mailer' | 'log'> {
  return { retentionDays, mailer, log };
}

/** Journals all that was written until now. */
async function journalled(journal: Journal): Promise<void> {
  // The first one may have begun before.
  await journal.flush();
  await journal.flush();
}

/** What deletes, in the background, what is to go. */
function startUpkeep(
  options: DomainOptions,
  ending: Pick<Domain, 'generation' | 'notifications' | 'leases' | 'fileCleaner'>,
) {
  const { db } = options.database;
  const purge = createPurge({ db, ...ending, log: options.log });
  const retention = createRetention({ ...options, db, fileCleaner: ending.fileCleaner });
  const temporaries = createTemporarySweep({ ...ending, db, database: options.database, log: options.log });
  return {
    purge,
    temporaries,
    async close() {
      await purge.close();
      await retention.close();
      await temporaries.close();
    },
  };
}

function openOffer({ database, assembly, secret, log }: DomainOptions): Promise<OfferKeeper> {
  const { db, kind } = database;
  return OfferKeeper.open({ db, assembly, seal: new Seal(secret), shared: kind === 'postgres', log });
}

async function openSharing({ database: { db }, secret, log }: DomainOptions, notifications: Notifications) {
  const rule = new ShareRule({ db, notifications, log });
  await rule.refresh();
  return { db, rule, readers: new ShareReaders(secret) };
}

function startFiles(options: DomainOptions, offer: CurrentOffer) {
  const {
    database: { db },
    files: { stores, ...uploading },
    retentionDays = null,
    openBuiltInTools = () => [],
    log,
  } = options;
  const temporary = new TemporaryFiles();
  const contents = new FileContents({ db, stores, log });
  const checking = contents.check();
  const cleaner = createFileCleaner({ db, contents, temporary, log });
  const uploads = new Uploads({ db, offer, contents, cleaner, temporary, ...uploading });
  const imports = new Imports({ db, offer, uploads, temporary, retentionDays, log, ...options.imports });
  return {
    domain: {
      fileContents: contents,
      fileCleaner: cleaner,
      uploads,
      imports,
      callFiles: new CallFiles({ db, uploads, temporary, cleaner, log }),
      builtInTools: openBuiltInTools({
        findOwnTexts: (search, signal) => findOwnTexts({ db, contents }, search, signal),
        reader: () => uploads.reader(),
        withPath: (work) => temporary.withPath(work),
      }),
    },
    images: new MadeImages({ db, contents, cleaner, temporary, uploads, log }),
    async close() {
      await imports.close();
      await uploads.close();
      // So the cleaner waits for no bucket that is slow.
      await contents.close();
      await cleaner.close();
      await checking;
    },
  };
}

function startAlerts({ database: { db }, alertWebhook, mailer, monthlyCreditsMax, alertRetryMs, log }: DomainOptions) {
  return createAlertDelivery({
    db,
    webhook: alertWebhook ?? null,
    mailer: mailer ?? null,
    monthlyLimit: monthlyCreditsMax ?? null,
    log,
    retryMs: alertRetryMs,
  });
}

/** What goes on by itself with what members have asked for. */
async function startWork(
  { runningLimits: limits, evaluationAnswersMax = EVALUATION_ANSWERS }: DomainOptions,
  tools: Omit<WorkOptions, 'limits' | 'answersAtOnce'> & Omit<TitleWriterOptions, 'model'> & TitleModelOptions,
) {
  const titleModel = new TitleModel(tools);
  await titleModel.refresh();
  const titles = new TitleWriter({ ...tools, model: titleModel });
  const evaluationRunner = new EvaluationRunner({ ...tools, limits, answersAtOnce: evaluationAnswersMax });
  return {
    domain: { titleModel, titles, evaluationRunner },
    /** Begins nothing more. Resolves while answers that are being written go on. */
    async end() {
      titles.end();
      await evaluationRunner.close();
    },
    async close() {
      titleModel.close();
      await titles.close();
    },
  };
}
