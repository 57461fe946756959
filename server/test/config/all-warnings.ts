import { warningsOf } from '../../src/assembly.ts';
import { changedCatalogue } from '../../src/config/changes/changed-catalogue.ts';
import type { Config } from '../../src/config/settings.ts';
import { noChanges } from '../../src/domain/catalogue/changes.ts';

/** All that a start with this configuration warns of, where admins have changed nothing. */
export function allWarnings(config: Config): string[] {
  const { source, localServers, warnings } = config;
  return [...warnings, ...warningsOf(config, changedCatalogue(source, localServers, noChanges))];
}
