import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { editDistance, nearNames } from '../domain/ground/near-names.ts';
import { builtInProviders } from '../providers/providers.ts';

/** ai-chat-kit's settings begin so. */
const kitPrefix = 'FASTAPI_AI_CHAT_';
/** A setting of ai-chat-kit that nothing here stands for. */
const kitDatabase = `${kitPrefix}SQLITE_PATH`;

/** Settings that begin so are ours, or meant for us. Other settings of ours have too common a beginning. */
const ownBeginnings = [
  ...['POLYLOGUE_', kitPrefix, 'CATALOG', 'CORS_', 'CREDITS_PER_', 'MONTHLY_CREDITS_', 'PLAN_CHANGES', 'SIGN_UP'],
  ...['AUTH_', 'DATABASE_', 'OPERATOR_', 'TRUSTED_PROX', 'CONNECTIONS_PER_', 'MOCK_', 'LOCAL_MODELS'],
  ...['FILES_', 'FILE_MB_', 'OIDC_', 'SMTP_', 'MAIL_FROM', 'PASSWORDS'],
  ...['LISTED_MODELS', 'RUNNING_RESPONSES', 'FIRST_TOKEN_', 'IDLE_TIMEOUT', 'LEASE_SECONDS', 'CHAT_KIT'],
  ...['MCP_SERVERS', 'TOOL_TIMEOUT', 'TOOL_CONNECT', 'TOOLS_PRIVATE', 'TOOLS_FOR_'],
  ...['AGENT_', 'TOOL_'],
];

/** Variables that begin like ours and belong to other programs. */
const foreign = new RegExp(
  `^(?:${[
    'OPENAI_(?:ORG|ORG_ID|ORGANIZATION|PROJECT|PROJECT_ID|ADMIN_KEY|WEBHOOK_SECRET|LOG|AGENTS_.*)',
    'ANTHROPIC_(?:MODEL|SMALL_FAST_MODEL|DEFAULT_.*|AUTH_TOKEN|CUSTOM_.*|BETAS|LOG|BEDROCK_.*|VERTEX_.*|FOUNDRY_.*)',
    'GOOGLE_(?:APPLICATION_CREDENTIALS|CLOUD_.*|GENAI_.*|CLIENT_ID|CLIENT_SECRET|MAPS_.*|ANALYTICS_.*)',
    'GEMINI_(?:MODEL|CLI_.*|SANDBOX.*|SYSTEM_MD|TELEMETRY_.*)',
    'DATABASE_(?:PUBLIC_URL|PRIVATE_URL|URL_UNPOOLED|URL_NON_POOLING|HOST|PORT|NAME|USER|USERNAME|PASSWORD)',
    'AUTH_(?:URL|TRUST_HOST)',
  ].join('|')})$`,
);

/** The other name of a provider's variable, in ai-chat-kit's settings. */
export function kitNamesOf({ id, keyVariables: [key], baseURLVariables: [baseURL] }: KitProvider): {
  keyVariables: string[];
  baseURLVariables: string[];
} {
  if (!kitProviders.has(id)) return { keyVariables: [], baseURLVariables: [] };
  return { keyVariables: [kitPrefix + key], baseURLVariables: [kitPrefix + baseURL] };
}

type KitProvider = Pick<(typeof builtInProviders)[number], 'id' | 'keyVariables' | 'baseURLVariables'>;

const kitProviders: ReadonlySet<string> = new Set(['openai', 'anthropic', 'google']);

/**
 * Names the variables that somebody seems to have set for this server and that it does not know; never shows a value.
 *
 * @param settings the names of the settings
 * @param others names that are known for other reasons
 */
export function unknownVariables(
  variables: Readonly<Record<string, string>>,
  settings: readonly string[],
  others: Iterable<string>,
): string[] {
  const ofProviders = builtInProviders.flatMap((provider) => {
    const kit = kitNamesOf(provider);
    const { keyVariables, baseURLVariables, defaultModelVariables } = provider;
    return [
      ...keyVariables,
      ...baseURLVariables,
      ...defaultModelVariables,
      ...kit.keyVariables,
      ...kit.baseURLVariables,
    ];
  });
  const own = [...new Set([...settings, ...ofProviders])];
  const known = new Set([...own, ...others, kitDatabase]);
  const warnings = Object.keys(variables)
    .filter((name) => !known.has(name) && !foreign.test(name) && seemsOurs(name, own))
    .map((name) => unknown(name, own));
  return [...(variables[kitDatabase] === undefined ? [] : [noFile]), ...warnings];
}

const noFile = `${kitDatabase} has no counterpart here: conversations are kept in DATA_DIR, or at DATABASE_URL`;

function seemsOurs(name: string, own: readonly string[]): boolean {
  const upper = name.toUpperCase();
  return beginningOf(upper) !== undefined || own.some((known) => isSlip(upper, known));
}

function beginningOf(name: string): string | undefined {
  return [...ownBeginnings, ...providerBeginnings].find((beginning) => name.startsWith(beginning));
}

/** `OPENAI_`, `GEMINI_`, … */
const providerBeginnings = [
  ...new Set(builtInProviders.flatMap(({ keyVariables }) => keyVariables.map((name) => name.replace(/_.*/, '_')))),
];

/** Whether one is the other with a slip of the pen. Short names are too much like others for that. */
function isSlip(name: string, known: string): boolean {
  const editsMax = Math.min(2, Math.floor(known.length / 8));
  return editDistance(name, known, editsMax) <= editsMax;
}

function unknown(name: string, own: readonly string[]): string {
  // Somebody may have put a key where its variable's name belongs.
  const isUsual = /^[A-Za-z_][A-Za-z0-9_]{0,60}$/.test(name) && !/(?:^|_)(?:sk|pplx|xai|gsk|AIza)[_-]/.test(name);
  const beginning = beginningOf(name.toUpperCase());
  if (!isUsual && beginning !== undefined)
    return `A variable that begins with ${beginning} is no setting of this server`;
  const [near] = nearNames(name, own, 1);
  const hint = near === undefined ? '' : `; ${near} is one`;
  return `${name} is no setting of this server and has no effect${hint}`;
}

/** The variables that hold something, without white space around it. */
export function presentVariables(given: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const trimmed = Object.entries(given).map(([name, value]) => [name, value?.trim() ?? ''] as const);
  return Object.fromEntries(trimmed.filter(([, value]) => value !== ''));
}

/** The variables of the file `.env`; none if it is not there. Throws what reading it throws. */
export function readDotEnv(directory: string): Record<string, string | undefined> {
  try {
    return parseEnv(readFileSync(resolve(directory, '.env'), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}
