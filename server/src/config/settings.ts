import { resolve } from 'node:path';
import { z } from 'zod';
import type { Catalogue } from '../domain/catalogue/catalogue.ts';
import { PriceListModels } from '../domain/catalogue/unlisted-models.ts';
import type { SignInWays } from '../domain/people/sign-in/sign-in-providers.ts';
import { defaultSignUpRule, parseSignUpRule, type SignUpRule } from '../domain/people/sign-up-rule.ts';
import type { LocalServer } from '../providers/local-servers.ts';
import { builtInProviders } from '../providers/providers.ts';
import type { Upstream } from '../providers/transport/fetch.ts';
import { type AgentLimits, agentSettings, readAgentSettings } from './agents/limits.ts';
import { pricedProviders } from './built-in-catalogue.ts';
import { describeOverBuiltIn, sourceOf, variablesOfProviders } from './catalogue-basis.ts';
import { checkCatalogue, readCatalogueFile } from './catalogue-json.ts';
import type { CatalogueSource } from './catalogue-source.ts';
import { type Credentials, keyProblems, variablesOfFile } from './credentials.ts';
import { doubts } from './doubts.ts';
import { bucketVariables, type FileSettings, fileSettings, readFileSettings } from './files.ts';
import { guestDoubts, guestProblems } from './guests.ts';
import { ConfigError, shown } from './mistakes.ts';
import { readModelDefaults } from './model-defaults.ts';
import { type OpenTelemetrySettings, openTelemetryVariables, readOpenTelemetry } from './open-telemetry.ts';
import { type ProxyRules, proxyVariables, readProxyRules } from './proxies.ts';
import { readSignInProviders, signInDoubts, signInProblems, signInVariables } from './sign-in.ts';
import { readToolSettings, type ToolSettings, toolSettings } from './tools/tool-settings.ts';
import { readWebSearch, type WebSearchSettings, webSearchSettings } from './tools/web-search.ts';
import { spendsMoney, usableCatalogue } from './usable-catalogue.ts';
import {
  baseURL,
  factor,
  httpUrl,
  integer,
  isOrigin,
  mailAddress,
  mailOf,
  milliseconds,
  oneOf,
  originList,
  smtpUrl,
} from './values.ts';
import { kitNamesOf, presentVariables, readDotEnv, unknownVariables } from './variables.ts';

export type { Credentials } from './credentials.ts';

export interface Config {
  /** 0: any free port. */
  port: number;
  host: string;
  /** Where browsers find the server, without a slash at the end. It may have a path: then everything is below that. */
  publicUrl: string;
  /** The web app shows another server's API, at this origin; null: its own. */
  apiUrl: string | null;
  /** Absolute. */
  dataDir: string;
  /** Null: the embedded database, in `dataDir`. */
  databaseUrl: string | null;
  /** Null: a secret is made and kept in `dataDir`. */
  authSecret: string | null;
  /** Origins of other sites whose pages may call the API. */
  corsAllowOrigins: string[];
  creditsPerUsd: number;
  logLevel: (typeof logLevels)[number];
  /** Absolute; null: no log files. */
  logDir: string | null;
  /** Whether members may change their plan themselves. */
  planChanges: boolean;
  /** Who may make an account. */
  signUp: SignUpRule;
  /** Whether SIGN_UP is set; else admins may change the rule. */
  isSignUpFixed: boolean;
  /** How people sign in. */
  signIn: SignInWays;
  /** The server that sends mail, and whom it comes from; null: no mail is sent. */
  mail: { url: string; from: string } | null;
  /** `planChanges`, `signUp` and more `warnings` from when on answers cost the operator money, which a key may do that an admin adds. */
  whenPaid: { planChanges: boolean; signUp: SignUpRule; warnings: string[] };
  /** What all accounts together may spend in a calendar month (UTC), in credits; null: no limit but their own. */
  monthlyCreditsMax: number | null;
  /** After how many days without a prompt a conversation is deleted for good; null: never. */
  retentionDays: number | null;
  /** Where budget alerts are sent by POST; may hold a secret. Null: nowhere. */
  alertWebhookUrl: string | null;
  /** Whether programs may speak ai-chat-kit's protocol; `anonymous`: also without an account, as guests. */
  chatKit: 'off' | 'on' | 'anonymous';
  /** How many guests there may ever be. */
  guestsMax: number;
  fastPath: boolean;
  /** What files may be, and where their bytes are. */
  files: FileSettings;
  /** Who searches the web for models; null: nobody does. */
  webSearch: WebSearchSettings | null;
  /** Tools that models may call. */
  tools: ToolSettings;
  /** Who reads providers' answers. */
  upstream: Upstream;
  /** How many times as fast as a real model the mock ones answer. */
  mockPace: number;
  /** How long an answer's first character may take from the request on. */
  firstTokenTimeoutMs: number;
  /** How long an answer may pause after its first character. */
  idleTimeoutMs: number;
  /** How long a process that says nothing keeps its responses. */
  leaseMs: number;
  agentLimits: AgentLimits;
  /** Answers that this process writes at once; beyond them prompts are refused with a wait. */
  runningResponsesMax: number;
  /** Answers of one member that all processes write at once. */
  runningResponsesPerMemberMax: number;
  /** How many proxies in front add to X-Forwarded-For. */
  trustedProxies: number;
  /** HTTP connections that one address may have open, and as many WebSockets. An IPv6 address stands for its /64. */
  connectionsPerAddressMax: number;
  /** The bearer token by which an operator's program reads figures; null: no program may. */
  operatorToken: string | null;
  /** What the catalogue is made of. */
  source: CatalogueSource;
  /** Whether the start looks for model servers on this machine. */
  looksForLocalModels: boolean;
  /** The model servers that were found on this machine. */
  localServers: readonly LocalServer[];
  /** The proxies by which providers are reached; null: none. */
  proxies: ProxyRules | null;
  /** Null: no collector is told anything. */
  openTelemetry: OpenTelemetrySettings | null;
  catalogue: Catalogue;
  /** The credentials of every configured provider, by provider id. */
  credentials: ReadonlyMap<string, Credentials>;
  /** Settings that are allowed but hardly meant, a sentence each; for the log. An offer has those about its models. */
  warnings: string[];
  /** Names settings in a sentence as the operator has given them. */
  reworded: (sentence: string) => string;
}

/**
 * The configuration, from environment variables (an empty one counts as absent), the file `.env` in `directory`
 * (which they override) and the catalogue file that they name. Relative paths start at `directory`.
 *
 * @throws ConfigError that names every mistake at once, and no secret
 */
export function loadConfig(env: Record<string, string | undefined>, directory: string = process.cwd()): Config {
  const variables = dotEnvOf(directory);
  for (const [name, value] of Object.entries(env)) if (value !== undefined) variables[name] = value;
  return toConfig(variables, { directory });
}

export interface ConfigSources {
  /** Where relative paths start. */
  directory: string;
  /** What the catalogue's file would hold, not checked yet. Absent: the file that CATALOGUE_FILE names. */
  catalogueContent?: unknown;
}

/**
 * The configuration from these variables alone; one that is empty counts as absent.
 *
 * @throws ConfigError that names every mistake at once, and no secret
 */
export function toConfig(
  given: Readonly<Record<string, string | undefined>>,
  { directory, catalogueContent }: ConfigSources,
): Config {
  const problems: string[] = [];
  const variables = presentVariables(given);
  const settings = readSettings(variables, problems);
  const file =
    catalogueContent === undefined
      ? readCatalogueFile(settings.CATALOGUE_FILE, directory, problems)
      : checkCatalogue(catalogueContent, problems);
  const day = new Date().toISOString().slice(0, 10);
  const creditsPerUsd = settings.CREDITS_PER_USD;
  const described = describeOverBuiltIn(file, { day, creditsPerUsd }, (path, message) => {
    const place = `CATALOGUE_FILE ${path}`;
    // A faulty entry was left out above; it is not missing as well.
    const isKnown = problems.some((problem) => problem.startsWith(`${place} `) || problem.startsWith(`${place}:`));
    if (!isKnown) problems.push(`${place} ${message}`);
  });
  problems.push(...keyProblems(file, variables), ...guestProblems(settings));
  const offersUnlisted = settings.LISTED_MODELS_ONLY === 'off';
  const priceList = { providers: pricedProviders, day, removedIds: described.removedIds, offered: offersUnlisted };
  const unlisted = new PriceListModels({ ...priceList, models: new Map(), creditsPerUsd });
  const modelDefaults = readModelDefaults(variables, { models: described.models, unlisted }, problems);
  const proxies = readProxyRules(variables, problems);
  const openTelemetry = readOpenTelemetry(variables, problems);
  const files = readFileSettings(settings, variables, problems);
  const webSearch = readWebSearch(settings, problems);
  const signInProviders = readSignInProviders(variables, settings.SIGN_UP ?? null, problems);
  problems.push(...signInProblems(settings.PASSWORDS, signInProviders));
  const ignored: string[] = [];
  const tools = readToolSettings(settings, variables, { directory, problems, warnings: ignored });
  if (problems.length > 0) throw new ConfigError(problems);

  const known = [
    ...[...proxyVariables, ...openTelemetryVariables, ...bucketVariables],
    ...[...variablesOfFile(file), ...signInVariables(variables)],
  ];
  const warnings = unknownVariables(variables, Object.keys(settingsSchema.shape), known);
  const mockProvider = settings.MOCK_PROVIDER;
  const ofProviders = variablesOfProviders(variables, file);
  const source = sourceOf(
    { file, variables: ofProviders, day, creditsPerUsd, mockProvider, offersUnlisted, modelDefaults },
    described,
    { defaultModels: file.defaultModels ?? [], stored: new Map(), warnings: [] },
  );
  const { catalogue, credentials } = usableCatalogue(source, []);
  const isPaid = spendsMoney(credentials, catalogue);
  warnings.push(...ignored, ...doubts(settings), ...signInDoubts(signInProviders, settings.PUBLIC_URL));
  return {
    ...settled(settings, directory, isPaid),
    signIn: { providers: signInProviders, passwords: settings.PASSWORDS === 'on' },
    source,
    localServers: [],
    proxies,
    openTelemetry,
    files,
    webSearch,
    tools,
    catalogue,
    credentials,
    warnings,
    reworded: asTheyAre,
  };
}

const asTheyAre = (sentence: string) => sentence;

/** The configuration with the servers that were found on this machine. */
export function withLocalServers(config: Config, localServers: readonly LocalServer[]): Config {
  if (localServers.length === 0) return config;
  return { ...config, localServers, ...usableCatalogue(config.source, localServers) };
}

function dotEnvOf(directory: string): Record<string, string | undefined> {
  try {
    return readDotEnv(directory);
  } catch (error) {
    throw new ConfigError([`.env cannot be read: ${(error as Error).message}`]);
  }
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** The longest silence of a provider that can be set; a longer one is a slip of the pen. */
const silenceSecondsMax = 3600;

/** The built-in providers' base URLs are checked here and read in credentials.ts. */
const baseURLs: Record<never, z.ZodType> = Object.fromEntries(
  builtInProviders
    .flatMap((provider) => [...provider.baseURLVariables, ...kitNamesOf(provider).baseURLVariables])
    .map((name) => [name, baseURL.optional()] as const),
);

/** All settings but the providers' keys and the proxies. */
export const settingsSchema = z.object({
  PORT: integer(0, 65_535).default(3000),
  HOST: z.string().default('127.0.0.1'),
  PUBLIC_URL: httpUrl
    .refine((value) => !/[?#]/.test(value), { error: 'expected an address without ? and #', abort: true })
    .refine((value) => new URL(value).username + new URL(value).password === '', {
      error: 'expected an address without a user name and a password',
      abort: true,
    })
    .refine((value) => /^(\/[\w.~-]+)*\/*$/.test(new URL(value).pathname), {
      error: 'expected a path of letters, digits and the signs . _ ~ -',
      abort: true,
    })
    .transform((value) => new URL(value).href.replace(/\/+$/, ''))
    .optional(),
  API_URL: z
    .string()
    .refine(isOrigin, { error: 'expected an address such as https://api.example.com, without a path' })
    .transform((value) => new URL(value).origin)
    .optional(),
  DATA_DIR: z.string().default('./data'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\/./, 'expected an address that begins with postgres:// or postgresql://')
    .optional(),
  AUTH_SECRET: z.string().optional(),
  CORS_ALLOW_ORIGINS: originList.default([]),
  CATALOGUE_FILE: z.string().optional(),
  CREDITS_PER_USD: integer(1, 1_000_000_000).default(1_000_000),
  LOG_LEVEL: oneOf(logLevels).default('info'),
  LOG_DIR: z.string().optional(),
  MOCK_PROVIDER: oneOf(['auto', 'on', 'off']).default('auto'),
  MOCK_PACE: factor.default(1),
  LOCAL_MODELS: oneOf(['auto', 'off']).default('auto'),
  LISTED_MODELS_ONLY: oneOf(['on', 'off']).default('off'),
  PLAN_CHANGES: oneOf(['simulated', 'off']).optional(),
  SIGN_UP: z
    .string()
    .transform(parseSignUpRule)
    .refine((rule) => rule !== null, { error: 'expected open, invite, closed or domains:a.example,b.example' })
    .optional(),
  PASSWORDS: oneOf(['on', 'off']).default('on'),
  SMTP_URL: smtpUrl.optional(),
  MAIL_FROM: mailAddress.optional(),
  MONTHLY_CREDITS_MAX: integer(0, 999_999_999_999_999).optional(),
  RETENTION_DAYS: integer(1, 36_500).optional(),
  ALERT_WEBHOOK_URL: httpUrl.optional(),
  CHAT_KIT: oneOf(['off', 'on', 'anonymous']).default('off'),
  CHAT_KIT_GUESTS_MAX: integer(1, 100_000).default(10_000),
  FAST_PATH: oneOf(['on', 'off']).default('on'),
  UPSTREAM: oneOf(['fast', 'plain']).default('fast'),
  RUNNING_RESPONSES_MAX: integer(1, 100_000).default(4000),
  RUNNING_RESPONSES_PER_MEMBER_MAX: integer(1, 100_000).default(1000),
  TRUSTED_PROXIES: integer(0, 10).default(0),
  CONNECTIONS_PER_ADDRESS_MAX: integer(1, 1_000_000).default(1000),
  OPERATOR_TOKEN: z
    .string()
    .regex(/^[!-~]{16,}$/, 'expected at least 16 characters that a header can carry: ASCII without spaces')
    .optional(),
  FIRST_TOKEN_TIMEOUT_SECONDS: milliseconds(silenceSecondsMax).default(120_000),
  IDLE_TIMEOUT_SECONDS: milliseconds(silenceSecondsMax).default(60_000),
  LEASE_SECONDS: milliseconds(86_400).default(15_000),
  ...agentSettings,
  ...fileSettings,
  ...webSearchSettings,
  ...toolSettings,
  ...baseURLs,
});

type Settings = z.infer<typeof settingsSchema>;

/** A mistake goes to `problems`, and the default stands in, so that the rest is checked too. */
function readSettings(variables: Record<string, string>, problems: string[]): Settings {
  const result = settingsSchema.safeParse(variables);
  if (result.success) return result.data;
  const sound = { ...variables };
  for (const issue of result.error.issues) {
    const name = String(issue.path[0]);
    problems.push(`${name}${shown(name, variables[name])}: ${issue.message}`);
    delete sound[name];
  }
  return settingsSchema.parse(sound);
}

function settled(settings: Settings, directory: string, isPaid: boolean) {
  const databaseUrl = settings.DATABASE_URL ?? null;
  const rules = (spendsMoney: boolean) => ({
    planChanges:
      (settings.PLAN_CHANGES ?? (databaseUrl === null && !spendsMoney ? 'simulated' : 'off')) === 'simulated',
    signUp: settings.SIGN_UP ?? defaultSignUpRule({ ...reached, spendsMoney }),
  });
  const publicUrl = settings.PUBLIC_URL ?? null;
  const reached = { host: settings.HOST, publicUrl, trustedProxies: settings.TRUSTED_PROXIES };
  return {
    port: settings.PORT,
    host: settings.HOST,
    publicUrl: publicUrl ?? `http://localhost:${settings.PORT}`,
    apiUrl: settings.API_URL ?? null,
    dataDir: resolve(directory, settings.DATA_DIR),
    databaseUrl,
    authSecret: settings.AUTH_SECRET ?? null,
    corsAllowOrigins: settings.CORS_ALLOW_ORIGINS,
    creditsPerUsd: settings.CREDITS_PER_USD,
    logLevel: settings.LOG_LEVEL,
    logDir: settings.LOG_DIR === undefined ? null : resolve(directory, settings.LOG_DIR),
    ...rules(isPaid),
    whenPaid: { ...rules(true), warnings: guestDoubts(settings) },
    isSignUpFixed: settings.SIGN_UP !== undefined,
    mail: mailOf(settings),
    monthlyCreditsMax: settings.MONTHLY_CREDITS_MAX ?? null,
    retentionDays: settings.RETENTION_DAYS ?? null,
    alertWebhookUrl: settings.ALERT_WEBHOOK_URL ?? null,
    chatKit: settings.CHAT_KIT,
    guestsMax: settings.CHAT_KIT_GUESTS_MAX,
    fastPath: settings.FAST_PATH === 'on',
    upstream: settings.UPSTREAM,
    mockPace: settings.MOCK_PACE,
    firstTokenTimeoutMs: settings.FIRST_TOKEN_TIMEOUT_SECONDS,
    idleTimeoutMs: settings.IDLE_TIMEOUT_SECONDS,
    leaseMs: settings.LEASE_SECONDS,
    agentLimits: readAgentSettings(settings),
    runningResponsesMax: settings.RUNNING_RESPONSES_MAX,
    runningResponsesPerMemberMax: settings.RUNNING_RESPONSES_PER_MEMBER_MAX,
    trustedProxies: settings.TRUSTED_PROXIES,
    connectionsPerAddressMax: settings.CONNECTIONS_PER_ADDRESS_MAX,
    operatorToken: settings.OPERATOR_TOKEN ?? null,
    looksForLocalModels: databaseUrl === null && settings.LOCAL_MODELS === 'auto',
  };
}
