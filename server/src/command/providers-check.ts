import { createAssembly } from '../assembly.ts';
import { type Config, loadConfig } from '../config/settings.ts';
import { createProviderHealth } from '../domain/answering/provider-health.ts';
import { createProviderProbe, isSeen, type ProbeResult } from '../domain/answering/provider-probe.ts';
import type { Catalogue, Model, Provider } from '../domain/catalogue/catalogue.ts';
import { CurrentOffer } from '../domain/catalogue/offer.ts';
import { withServersHere } from '../parts.ts';
import { builtInProviders } from '../providers/providers.ts';
import { namedProviders } from './named-providers.ts';
import { findStored } from './stored-keys.ts';
import { printable, printTable } from './terminal.ts';

/**
 * Calls the providers that the arguments name, or every configured one, with a prompt of a few tokens and prints a table.
 * Keys that admins entered in the web count too, if the database can be read. Exits with code 0 if every provider that was asked for answered, else with 1: also if one that was
 * named has no key, or if nothing is configured at all.
 */
async function main(args: readonly string[]): Promise<void> {
  const showAll = args.includes('--all');
  const config = await withServersHere(loadConfig(process.env), AbortSignal.timeout(LOCAL_PATIENCE_MS));
  const stored = await findStored(config);
  const offer = await createAssembly(config).assemble(stored.changes);
  const { catalogue } = offer;
  const names = args.filter((argument) => argument !== '--all');
  const providers = namedProviders([...catalogue.providers.values()], names);
  const probe = createProviderProbe({
    offer: new CurrentOffer(offer),
    providerHealth: createProviderHealth(),
    limits: { ...config, firstTokenTimeoutMs: Math.min(config.firstTokenTimeoutMs, PATIENCE_MS) },
  });

  async function check(provider: Provider): Promise<Check> {
    const models = [...catalogue.models.values()].filter(({ providerId }) => providerId === provider.id);
    if (!provider.configured) return { provider, models, seen: null, result: null };
    const seen = await probe.seenModels(provider.id);
    return { provider, models, seen, result: await probe.ask(provider.id, seen) };
  }

  for (const warning of [...config.warnings, ...offer.warnings]) console.log(`${printable(warning)}.`);
  for (const note of stored.notes) console.log(printable(note));
  const checks = await Promise.all(providers.map(check));
  printTable([header, ...checks.map((done) => toRow(done, showAll))]);
  const lacking = names.length > 0 ? providers.filter(({ configured }) => !configured) : [];
  const nothing = names.length === 0 && isUnconfigured(catalogue, config) ? [nothingConfigured] : [];
  for (const line of [...checks.flatMap(toFindings), ...lacking.map((one) => toLack(one, config)), ...nothing])
    console.log(line);
  const allAnswered = checks.every(({ result }) => !result?.failure);
  process.exitCode = allAnswered && lacking.length === 0 && nothing.length === 0 ? 0 : 1;
}

/** Whether there is no provider, or only the mock because there is no other. */
function isUnconfigured(catalogue: Catalogue, { source }: Config): boolean {
  const configured = [...catalogue.providers.values()].filter((provider) => provider.configured);
  return configured.every(({ kind }) => kind === 'mock' && source.mockProvider === 'auto');
}

const nothingConfigured =
  'No provider is configured: set a key such as OPENAI_API_KEY, enter one as an admin in the web, or describe a model server in CATALOGUE_FILE (docs/servers.md).';

/** Why a provider that was named cannot be asked. */
function toLack({ id, name }: Provider, { source }: Config): string {
  const description = source.providers.find((provider) => provider.id === id);
  const builtIn = builtInProviders.find((provider) => provider.id === id);
  const variables = description?.apiKeyEnv ? [description.apiKeyEnv] : (builtIn?.keyVariables ?? []);
  const remedy = variables.length > 0 ? `set ${variables.join(' or ')}` : 'see the lines above';
  return printable(`${name} is not configured: ${remedy}, or enter a key as an admin in the web.`);
}

const PATIENCE_MS = 30_000;
/** How long to look for model servers on this machine. */
const LOCAL_PATIENCE_MS = 2000;

interface Check {
  provider: Provider;
  /** The provider's models in the catalogue. */
  models: Model[];
  /** The ids of the models that the key can see; null if the provider does not say or was not asked. */
  seen: string[] | null;
  /** Null if the provider was not asked. */
  result: ProbeResult | null;
}

const header = ['Provider', 'Configured', 'Reachable', 'First token', 'Models that the key can see'];
const NAMES_SHOWN = 3;

function toRow({ provider, seen, result }: Check, showAll: boolean): string[] {
  return [
    printable(provider.name),
    provider.configured ? 'yes' : 'no',
    result ? (result.failure ? 'no' : 'yes') : '–',
    result?.firstTokenMs != null ? `${result.firstTokenMs} ms` : '–',
    seen ? listed(seen, showAll ? seen.length : NAMES_SHOWN) : result ? 'it does not say' : '–',
  ];
}

function listed(names: readonly string[], shown: number): string {
  const left = names.length - shown;
  const more = left > 0 ? `, … (${left} more: --all)` : '';
  return `${names.length}${names.length > 0 ? ': ' : ''}${names.slice(0, shown).map(printable).join(', ')}${more}`;
}

/** The lines below the table: problems that the operator may want to fix. */
function toFindings({ provider, models, seen, result }: Check): string[] {
  const findings: string[] = [];
  if (result?.failure) {
    findings.push(
      `${result.failure.code}: ${result.failure.message}${result.modelId ? ` (asked: ${result.modelId})` : ''}`,
    );
  }
  const unseen = seen ? models.filter((model) => !isSeen(model, seen)) : [];
  if (unseen.length > 0)
    findings.push(`in the catalogue, but not for this key: ${unseen.map(({ id }) => id).join(', ')}`);
  return findings.map((finding) => printable(`${provider.name}: ${finding}`));
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const isPlain = error instanceof Error && ['ConfigError', 'UnknownProviderError'].includes(error.name);
  console.error(isPlain ? error.message : error);
  process.exitCode = 1;
});
