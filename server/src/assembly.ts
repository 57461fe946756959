import { type ChangedCatalogue, changedCatalogue } from './config/changes/changed-catalogue.ts';
import type { Config } from './config/settings.ts';
import type { Assembly } from './domain/offering/assembly.ts';
import { createLanguageModels } from './parts.ts';
import type { LanguageModel } from './ports/language-model.ts';

/**
 * Makes offers of the configuration and what admins changed.
 *
 * @param instead language models in place of those that the credentials give, by provider id
 */
export function createAssembly(config: Config, instead: ReadonlyMap<string, LanguageModel> = new Map()): Assembly {
  return {
    mistakesIn: (changes) => changedCatalogue(config.source, config.localServers, changes).origins.mistakes,
    async assemble(changes) {
      const changed = changedCatalogue(config.source, config.localServers, changes);
      const { credentials, ...offered } = changed;
      const connected = await createLanguageModels({ ...config, credentials, catalogue: offered.catalogue });
      const languageModels = new Map([...connected, ...instead]);
      return { ...offered, languageModels, warnings: warningsOf(config, changed) };
    },
  };
}

/** What the operator hardly meant of what can be asked, by the names that they know. */
export function warningsOf(
  { whenPaid, reworded }: Pick<Config, 'whenPaid' | 'reworded'>,
  { warnings, isPaid }: Pick<ChangedCatalogue, 'warnings' | 'isPaid'>,
): string[] {
  return [...warnings, ...(isPaid ? whenPaid.warnings : [])].map(reworded);
}
