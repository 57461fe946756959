import { type Catalogue, modelOf } from '../domain/catalogue/catalogue.ts';
import type { ModelDefault } from './model-defaults.ts';

const noModelWarning =
  'No model can be asked: set the key of a provider, such as OPENAI_API_KEY, or MOCK_PROVIDER=on; an admin may enter a key in the web too';

/** In Node's own fetch, which has no setting for it. */
const PLAIN_SILENCE_MS_MAX = 300_000;

export interface DoubtfulSettings {
  AUTH_SECRET?: string | undefined;
  UPSTREAM: string;
  /** In ms, as they are read. */
  FIRST_TOKEN_TIMEOUT_SECONDS: number;
  IDLE_TIMEOUT_SECONDS: number;
}

/** What is hardly meant of the models that can be asked, a sentence each. */
export function catalogueDoubts(
  catalogue: Catalogue,
  {
    defaultModels,
    modelDefaults,
  }: {
    /** Those that the file names, if they count. */
    defaultModels: readonly string[];
    modelDefaults: ReadonlyMap<string, ModelDefault>;
  },
): string[] {
  return [
    ...defaultModels
      .filter((id) => !catalogue.defaultModelIds.includes(id))
      .map((id) => `CATALOGUE_FILE defaultModels names ${id}, whose provider is not configured`),
    ...lockedDefaults(catalogue, modelDefaults),
    ...(catalogue.defaultModelIds.length === 0 ? [noModelWarning] : []),
  ];
}

/** Settings that are allowed but hardly meant, a sentence each. */
export function doubts(settings: DoubtfulSettings): string[] {
  const warnings: string[] = [];
  if (settings.AUTH_SECRET !== undefined && settings.AUTH_SECRET.length < 32) {
    warnings.push('AUTH_SECRET is shorter than 32 characters: whoever guesses it can sign in as anybody');
  }
  const { UPSTREAM, FIRST_TOKEN_TIMEOUT_SECONDS: firstTokenMs, IDLE_TIMEOUT_SECONDS: idleMs } = settings;
  if (UPSTREAM === 'plain' && Math.max(firstTokenMs, idleMs) > PLAIN_SILENCE_MS_MAX) {
    warnings.push(
      'UPSTREAM=plain gives a silent provider up after 300 seconds, whatever FIRST_TOKEN_TIMEOUT_SECONDS and IDLE_TIMEOUT_SECONDS say',
    );
  }
  return warnings;
}

/** A default model does not open itself to everybody: only the operator can say who may ask it. */
function lockedDefaults(catalogue: Catalogue, modelDefaults: ReadonlyMap<string, ModelDefault>): string[] {
  return [...modelDefaults].flatMap(([providerId, { variable, modelId }]) => {
    const tier = modelOf(catalogue, modelId)?.minimumTier;
    if (tier === undefined || tier === 'FREE' || !catalogue.providers.get(providerId)?.configured) return [];
    return [
      `${variable} names ${modelId}, which needs the plan ${tier}: a minimumTier for it in CATALOGUE_FILE changes that`,
    ];
  });
}
