import { z } from 'zod';
import type { CatalogueFile, ModelEntry, ProviderEntry } from '../domain/catalogue/catalogue-file.ts';
import { builtInProviders } from '../providers/providers.ts';
import { ConfigError } from './mistakes.ts';
import { openTelemetryVariables } from './open-telemetry.ts';
import { type Config, toConfig } from './settings.ts';

/** How a provider is asked: the fields of the catalogue file's entries, and its key. */
export interface ProviderConfiguration extends Omit<ProviderEntry, 'id' | 'apiKeyEnv'> {
  /**
   * The provider's key. An empty one, or one that is undefined, switches the provider off. A provider of your own that
   * needs no key has no such field.
   */
  apiKey?: string | undefined;
}

/**
 * What a program sets that has the API in its own process. Each field is a setting of README.md, with the same checks
 * and defaults except for `signUp`; an empty text counts as absent.
 */
export interface Configuration {
  /** Where browsers find the server. Default: http://localhost:3000. */
  publicUrl?: string | undefined;
  /** The folder of the embedded database and of the secret that signs sessions. Default: ./data. */
  dataDir?: string | undefined;
  /** `postgres://…`, in place of the embedded database. */
  databaseUrl?: string | undefined;
  /** Signs sessions; at least 32 random characters. Default: made once and kept in `dataDir`. */
  authSecret?: string | undefined;
  /** Origins of other sites whose pages may call the API. Default: none. */
  corsAllowOrigins?: readonly string[] | undefined;
  /** Who may make an account; the first one needs no invitation. Default: invite. */
  signUp?: 'open' | 'invite' | 'closed' | `domains:${string}` | undefined;
  /** OpenID providers to sign in with, by an id of lower-case letters, digits and dashes. Default: none. */
  signInWith?: Readonly<Record<string, SignInConfiguration>> | undefined;
  /** `off`: people sign in by `signInWith` only. Default: on. */
  passwords?: 'on' | 'off' | undefined;
  /** `smtp://user:password@host:587` or `smtps://…`: the server that sends mail. Default: none is sent. */
  smtpUrl?: string | undefined;
  /** Whom mails come from. Default: `Polylogue <no-reply@…>` with the host of `publicUrl`. */
  mailFrom?: string | undefined;
  /** By id: openai, anthropic, google, xai, perplexity, and any other one that you describe. */
  providers?: Readonly<Record<string, ProviderConfiguration>> | undefined;
  /** More models, and changes of built-in ones, as in the catalogue file. */
  models?: readonly ModelEntry[] | undefined;
  /** Changes of the tiers, as in the catalogue file. */
  tiers?: CatalogueFile['tiers'];
  /** The models of a prompt that names none. */
  defaultModels?: readonly string[] | undefined;
  /** `auto`: mock models answer where no provider has its key; `on`; `off`. Default: auto. */
  mockProvider?: 'auto' | 'on' | 'off' | undefined;
  /** How many times as fast as real models the mock ones answer: 0.1 to 1000. Default: 1. */
  mockPace?: number | undefined;
  /** `on`: files that programs name by their address are fetched from the public internet. Default: off. */
  fileUrls?: 'on' | 'off' | undefined;
  /** Who searches the web for models, if more than one of the next three is given. */
  webSearch?: 'brave' | 'tavily' | 'searxng' | undefined;
  braveSearchApiKey?: string | undefined;
  tavilyApiKey?: string | undefined;
  /** The address of a SearXNG that answers in JSON. */
  searxngUrl?: string | undefined;
  /** `auto`: with the embedded database, an Ollama or LM Studio on this machine is used. Default: auto. */
  localModels?: 'auto' | 'off' | undefined;
  /** `on`: nobody may ask models that are not in the catalogue. Default: off. */
  listedModelsOnly?: 'on' | 'off' | undefined;
  /** ai-chat-kit's protocol; `anonymous`: everybody may use it as a guest, if `corsAllowOrigins` names sites. Default: off. */
  chatKit?: 'off' | 'on' | 'anonymous' | undefined;
  /** Guests that there may be at all. Default: 10,000. */
  chatKitGuestsMax?: number | undefined;
  /** Credits for 1 USD of provider cost. Default: 1,000,000. */
  creditsPerUsd?: number | undefined;
  /** Credits that all accounts together may spend in a calendar month (UTC). Default: no limit. */
  monthlyCreditsMax?: number | undefined;
  /** Days without a prompt after which a conversation is deleted for good. Default: never. */
  retentionDays?: number | undefined;
  /** Megabytes of a file that is uploaded. Default: 20. */
  fileMbMax?: number | undefined;
  /** Megabytes of a file of conversations that is imported. Default: 500. */
  importMbMax?: number | undefined;
  /** A bucket that keeps the bytes of files, such as `s3://key:secret@bucket/prefix?region=eu-central-1`. Default: the database does. */
  filesUrl?: string | undefined;
  /** A JSON file of MCP servers, `{"mcpServers": {"name": {…}}}`, whose tools models may call. Default: none. */
  mcpServersFile?: string | undefined;
  /** `allow`: MCP servers that admins add may be at addresses of private networks. Default: refuse. */
  toolsPrivateAddresses?: 'refuse' | 'allow' | undefined;
  /** Whether programs may have models use the tools that their member may (docs/api.md). Default: off. */
  toolsForPrograms?: 'off' | 'on' | undefined;
  /** How long a call of a tool may take. Default: 60. */
  toolTimeoutSeconds?: number | undefined;
  /** How long an MCP server may take to answer for the first time. Default: 15. */
  toolConnectSeconds?: number | undefined;
  /** Where alerts of budgets that near their end are sent, by POST. Default: nowhere. */
  alertWebhookUrl?: string | undefined;
  /** `simulated`: members change their plan themselves, unpaid. Default: `off` with a key or `databaseUrl`. */
  planChanges?: 'simulated' | 'off' | undefined;
  /** How many proxies in front add to X-Forwarded-For. Default: 0. */
  trustedProxies?: number | undefined;
  /** WebSockets that one address may have open. Default: 1000. */
  connectionsPerAddressMax?: number | undefined;
  /** Answers that are written at once. Default: 4000. */
  runningResponsesMax?: number | undefined;
  /** Answers of one member that are written at once. Default: 1000. */
  runningResponsesPerMemberMax?: number | undefined;
  /** From a request to the first character of its answer. Default: 120. */
  firstTokenTimeoutSeconds?: number | undefined;
  /** Silence after the first character of an answer. Default: 60. */
  idleTimeoutSeconds?: number | undefined;
  /** After how long the answers of a process that died are taken over. Default: 15. */
  leaseSeconds?: number | undefined;
  /** Requests to models that one answer with tools may take. Default: 30. */
  agentStepsMax?: number | undefined;
  /** Minutes that one answer with tools may take, without waiting for its member. Default: 30. */
  agentMinutesMax?: number | undefined;
  /** Credits that one answer with tools may cost. Default: as many as `creditsPerUsd`. */
  agentCreditsMax?: number | undefined;
  /** Minutes after which a call counts as refused that waits for its member's word. Default: 60. */
  toolApprovalMinutes?: number | undefined;
  /** A bearer token for /metrics and provider probes; at least 16 characters. */
  operatorToken?: string | undefined;
  /** The log's lowest level; it is written to stdout. Default: info. */
  logLevel?: Config['logLevel'] | undefined;
  /** The folder of log files. Default: none are written. */
  logDir?: string | undefined;
  /** The proxies by which providers are reached. Default: none. */
  httpsProxy?: string | undefined;
  httpProxy?: string | undefined;
  allProxy?: string | undefined;
  /** Names, addresses and networks that are reached without a proxy. */
  noProxy?: readonly string[] | undefined;
  /** Variables of OpenTelemetry's specification, such as OTEL_EXPORTER_OTLP_ENDPOINT. Default: no collector is told anything. */
  openTelemetry?: Readonly<Record<string, string>> | undefined;
  /** `off`: streams take the plain way. For finding faults. Default: on. */
  fastPath?: 'on' | 'off' | undefined;
  /** `plain`: Node's own fetch reads the providers' answers. For finding faults. Default: fast. */
  upstream?: Config['upstream'] | undefined;
}

/** An OpenID provider, as the variables `OIDC_<NAME>_…` describe one. */
export interface SignInConfiguration {
  issuer: string;
  clientId: string;
  clientSecret?: string | undefined;
  /** On the button. */
  name?: string | undefined;
  scopes?: string | undefined;
  signUp?: 'on' | 'rule' | undefined;
  link?: 'on' | 'off' | undefined;
  groupsClaim?: string | undefined;
  adminGroups?: readonly string[] | undefined;
  auditorGroups?: readonly string[] | undefined;
  /** By group. */
  tierGroups?: Readonly<Record<string, string>> | undefined;
  /** The team of each group, by name; `*`: each group is the team of its name. */
  teamGroups?: Readonly<Record<string, string>> | '*' | undefined;
}

type CatalogueField = 'signInWith' | 'providers' | 'models' | 'tiers' | 'defaultModels';
type Setting = Exclude<keyof Configuration, CatalogueField | 'openTelemetry'>;

const text = z.string('expected a text').optional();
const number = z.number('expected a number').optional();
const texts = z.array(z.string('expected a text'), 'expected a list of texts').optional();

const settings: Record<Setting, typeof text | typeof number | typeof texts> = {
  publicUrl: text,
  dataDir: text,
  databaseUrl: text,
  authSecret: text,
  corsAllowOrigins: texts,
  signUp: text,
  passwords: text,
  smtpUrl: text,
  mailFrom: text,
  mockProvider: text,
  mockPace: number,
  fileUrls: text,
  webSearch: text,
  braveSearchApiKey: text,
  tavilyApiKey: text,
  searxngUrl: text,
  localModels: text,
  listedModelsOnly: text,
  chatKit: text,
  chatKitGuestsMax: number,
  creditsPerUsd: number,
  monthlyCreditsMax: number,
  retentionDays: number,
  fileMbMax: number,
  importMbMax: number,
  filesUrl: text,
  mcpServersFile: text,
  toolsPrivateAddresses: text,
  toolsForPrograms: text,
  toolTimeoutSeconds: number,
  toolConnectSeconds: number,
  alertWebhookUrl: text,
  planChanges: text,
  trustedProxies: number,
  connectionsPerAddressMax: number,
  runningResponsesMax: number,
  runningResponsesPerMemberMax: number,
  firstTokenTimeoutSeconds: number,
  idleTimeoutSeconds: number,
  leaseSeconds: number,
  agentStepsMax: number,
  agentMinutesMax: number,
  agentCreditsMax: number,
  toolApprovalMinutes: number,
  operatorToken: text,
  logLevel: text,
  logDir: text,
  httpsProxy: text,
  httpProxy: text,
  allProxy: text,
  noProxy: texts,
  fastPath: text,
  upstream: text,
};

const groupNames = z.record(z.string(), z.string('expected a text'), 'expected an object').optional();

/** The values are checked as those of the variables. */
const signInEntry = {
  issuer: text,
  clientId: text,
  clientSecret: text,
  name: text,
  scopes: text,
  signUp: text,
  link: text,
  groupsClaim: text,
  adminGroups: texts,
  auditorGroups: texts,
  tierGroups: groupNames,
  teamGroups: z.union([z.literal('*'), groupNames], 'expected "*" or an object'),
} satisfies Record<keyof SignInConfiguration, unknown>;

const signInFields = Object.keys(signInEntry) as (keyof SignInConfiguration)[];

/** Their entries are checked as those of the catalogue file. */
const anything = z.unknown().optional();

const configurationSchema = z.strictObject(
  {
    ...settings,
    signInWith: z
      .record(
        z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'expected an id of lower-case letters, digits and dashes'),
        z.strictObject(signInEntry, 'expected an object'),
        'expected an object with a field for each provider',
      )
      .optional(),
    providers: z
      .record(
        z.string(),
        z.looseObject(
          {
            apiKey: text,
            id: z.never('the name of the field is its id').optional(),
            apiKeyEnv: z.never('there is no environment here: give the key itself, as apiKey').optional(),
          },
          'expected an object',
        ),
        'expected an object with a field for each provider',
      )
      .optional(),
    openTelemetry: z
      .partialRecord(
        z.enum(openTelemetryVariables),
        z.string('expected a text'),
        'expected an object with a field for each variable',
      )
      .optional(),
    models: anything,
    tiers: anything,
    defaultModels: anything,
  },
  'expected an object',
);

/** The environment variable that sets the same. */
export function variableOf(setting: Setting): string {
  return setting.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/**
 * The configuration of an embedded API. It is read as if its fields were environment variables, so that every check and
 * default is the same; the process's own environment and a file `.env` count for nothing. Relative paths start at the
 * working directory.
 *
 * @throws ConfigError that names every mistake at once, by the names of the fields, and no secret
 */
export function readConfiguration(configuration: Configuration): Config {
  const shape = configurationSchema.safeParse(configuration);
  if (!shape.success) throw new ConfigError(shape.error.issues.map(describeIssue));
  const { signInWith = {}, providers = {}, models, tiers, defaultModels, openTelemetry, ...given } = shape.data;
  if (given.chatKit === 'anonymous' && !isFilled(configuration.corsAllowOrigins)) throw new ConfigError([unknownReach]);
  const { entries, keys } = describeProviders(providers);
  const inFields = fieldNames(Object.keys(providers), keys, Object.keys(signInWith));
  const variables = {
    // Where the program's own server can be reached from is unknown here.
    SIGN_UP: 'invite',
    ...openTelemetry,
    ...variablesOf(given),
    ...signInVariables(signInWith),
    ...Object.fromEntries([...keys].map(([variable, { apiKey }]) => [variable, apiKey])),
  };
  const catalogueContent = { providers: entries, models, tiers, defaultModels };
  try {
    const config = toConfig(variables, { directory: process.cwd(), catalogueContent });
    return { ...config, warnings: config.warnings.map(inFields), reworded: inFields };
  } catch (error) {
    throw inFieldNames(error, inFields);
  }
}

const unknownReach =
  'chatKit is "anonymous", which lets everybody who reaches your server ask without an account: name the sites that may in corsAllowOrigins';

function isFilled(list: readonly string[] = []): boolean {
  return list.length > 0;
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const place = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return `${place === '' ? 'It' : place}: ${issue.message}`;
  return `There is no field ${issue.keys.map((key) => `"${key}"`).join(', ')}`;
}

function variablesOf(given: Partial<Record<Setting, string | number | string[]>>): Record<string, string> {
  const set = Object.entries(given).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(
    set.map(([setting, value]) => [
      variableOf(setting as Setting),
      Array.isArray(value) ? value.join(',') : String(value),
    ]),
  );
}

function signInVariables(providers: Readonly<Record<string, Record<string, unknown>>>): Record<string, string> {
  const fields = Object.entries(providers).flatMap(([id, provider]) =>
    Object.entries(provider).map(([field, value]) => [signInVariable(id, field), value] as const),
  );
  const given = fields.filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(
    given.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

function signInVariable(id: string, field: string): string {
  return `OIDC_${id.replaceAll('-', '_').toUpperCase()}_${variableOf(field as Setting)}`;
}

/** The keys by the variables that stand for them. */
type Keys = ReadonlyMap<string, { providerId: string; apiKey: string | undefined }>;

/**
 * The entries of a catalogue file, and the variables with the keys. A built-in provider has a variable of its own, and
 * is off in silence while that is empty.
 */
function describeProviders(providers: Readonly<Record<string, ProviderConfiguration>>): {
  entries: object[];
  keys: Keys;
} {
  const keys = new Map<string, { providerId: string; apiKey: string | undefined }>();
  const entries = Object.entries(providers).map(([id, { apiKey, ...entry }], index) => {
    const builtIn = builtInProviders.find((provider) => provider.id === id);
    if (!builtIn && !('apiKey' in (providers[id] as object))) return { ...entry, id };
    const variable = builtIn?.keyVariables[0] ?? `PROVIDER_${index}_API_KEY`;
    keys.set(variable, { providerId: id, apiKey });
    return { ...entry, id, ...(!builtIn && { apiKeyEnv: variable }) };
  });
  return { entries, keys };
}

/** Puts the names of fields in the place of those of variables, of which the caller knows nothing. */
function fieldNames(
  providerIds: readonly string[],
  keys: Keys,
  signInIds: readonly string[] = [],
): (sentence: string) => string {
  const fields = new Map<string, string>([
    ...(Object.keys(settings) as Setting[]).map((setting) => [variableOf(setting), setting] as const),
    ...builtInProviders.map(({ id, keyVariables: [variable] }) => [variable, `providers.${id}.apiKey`] as const),
    ...signInIds.flatMap((id) =>
      signInFields.map((field) => [signInVariable(id, field), `signInWith.${id}.${field}`] as const),
    ),
    ...[...keys].map(([variable, { providerId }]) => [variable, `providers.${providerId}.apiKey`] as const),
  ]);
  return (sentence) =>
    sentence
      .replace(/\bCATALOGUE_FILE providers\[(\d+)\]/g, (_, index: string) => `providers.${providerIds[Number(index)]}`)
      .replace(/\bCATALOGUE_FILE /g, '')
      .replace(/\b[A-Z][A-Z0-9_]+\b/g, (name) => fields.get(name) ?? name);
}

/** A ConfigError that names fields in place of variables; any other error as it is. */
export function inFieldNames(error: unknown, inFields = fieldNames([], new Map())): unknown {
  return error instanceof ConfigError ? new ConfigError(error.problems.map(inFields)) : error;
}
