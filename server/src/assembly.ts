import { changedCatalogue } from './config/changes/changed-catalogue.ts';
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
      const { credentials, ...offered } = changedCatalogue(config.source, config.localServers, changes);
      const connected = await createLanguageModels({ ...config, credentials, catalogue: offered.catalogue });
      return { ...offered, languageModels: new Map([...connected, ...instead]) };
    },
  };
}
