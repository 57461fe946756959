import { loadConfig } from '../config/settings.ts';
import { createProviderHealth } from '../domain/answering/provider-health.ts';
import { createProviderProbe, isSeen, type ProbeResult } from '../domain/answering/provider-probe.ts';
import type { Model, Provider } from '../domain/catalogue/catalogue.ts';
import { CurrentOffer } from '../domain/catalogue/offer.ts';
import { createLanguageModels, withServersHere } from '../parts.ts';
import { printable, printTable } from './terminal.ts';

/**
 * Calls every configured provider with a prompt of a few tokens and prints a table. Needs no database. Exits with code
 * 0 if every provider answered, else with 1.
 */
async function main(): Promise<void> {
  const showAll = process.argv.includes('--all');
  const config = await withServersHere(loadConfig(process.env), AbortSignal.timeout(LOCAL_PATIENCE_MS));
  const { catalogue } = config;
  const probe = createProviderProbe({
    offer: new CurrentOffer({ catalogue, languageModels: await createLanguageModels(config) }),
    providerHealth: createProviderHealth(),
    limits: { ...config, firstTokenTimeoutMs: Math.min(config.firstTokenTimeoutMs, PATIENCE_MS) },
  });

  async function check(provider: Provider): Promise<Check> {
    const models = [...catalogue.models.values()].filter(({ providerId }) => providerId === provider.id);
    if (!provider.configured) return { provider, models, seen: null, result: null };
    const seen = await probe.seenModels(provider.id);
    return { provider, models, seen, result: await probe.ask(provider.id, seen) };
  }

  for (const warning of config.warnings) console.log(`${printable(warning)}.`);
  const checks = await Promise.all([...catalogue.providers.values()].map(check));
  printTable([header, ...checks.map((done) => toRow(done, showAll))]);
  for (const line of checks.flatMap(toFindings)) console.log(line);
  process.exitCode = checks.every(({ result }) => !result?.failure) ? 0 : 1;
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

main().catch((error: unknown) => {
  console.error(error instanceof Error && error.name === 'ConfigError' ? error.message : error);
  process.exitCode = 1;
});
