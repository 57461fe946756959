import { ModelFailure, textMessage } from '../../ports/language-model.ts';
import type { Catalogue, Model } from '../catalogue/catalogue.ts';
import type { CurrentOffer } from '../catalogue/offer.ts';
import type { AttemptLimits } from './attempt.ts';
import type { ProviderHealth } from './provider-health.ts';

/** Tests a provider by asking it. */
export interface ProviderProbe {
  /**
   * Makes one real call that costs next to nothing: a few tokens of the provider's cheapest model. Never rejects.
   *
   * @param seen the provider's names of the models that the key can see, so that one of them is asked; null: not known
   */
  ask(providerId: string, seen?: readonly string[] | null): Promise<ProbeResult>;
  /**
   * The models that the key can see, by the provider's own names; null if the provider does not say.
   *
   * @param ended ends the request before its time
   */
  seenModels(providerId: string, ended?: AbortSignal): Promise<string[] | null>;
}

export interface ProbeResult {
  /** Null: the provider answered. */
  failure: ModelFailure | null;
  firstTokenMs: number | null;
  /** The model that was asked; null: the provider has none here. */
  modelId: string | null;
}

export interface ProviderProbeOptions {
  offer: CurrentOffer;
  providerHealth: ProviderHealth;
  limits: AttemptLimits;
}

/** How long a list of models may take. */
const LIST_MS_MAX = 20_000;
/** Enough for a word, even from a model that thinks first. */
const PROBE_OUTPUT_TOKENS = 64;

export function createProviderProbe(options: ProviderProbeOptions): ProviderProbe {
  const { offer, providerHealth, limits } = options;

  return {
    async ask(providerId, seen = null) {
      const { catalogue, languageModels } = offer.now;
      const languageModel = languageModels.get(providerId);
      const model = cheapestModel(catalogue, providerId, seen) ?? unlistedModel(providerId, seen ?? []);
      if (!languageModel) return { failure: notConfigured(), firstTokenMs: null, modelId: model?.id ?? null };
      if (!model) return { failure: noModel(), firstTokenMs: null, modelId: null };
      const startedAt = performance.now();
      let firstTokenMs: number | null = null;
      const failure = await languageModel
        .stream(
          {
            model: model.providerModel,
            system: null,
            messages: [textMessage('user', 'Say: ok')],
            maxOutputTokens: Math.min(PROBE_OUTPUT_TOKENS, model.maxOutputTokens),
            reasoning: false,
            signal: AbortSignal.timeout(limits.firstTokenTimeoutMs),
          },
          (part) => {
            if (part.type === 'text' || part.type === 'reasoning') {
              firstTokenMs ??= Math.round(performance.now() - startedAt);
            }
          },
        )
        .then(() => null, toFailure);
      providerHealth.record(providerId, { failure, firstTokenMs });
      return { failure, firstTokenMs, modelId: model.id };
    },
    async seenModels(providerId, ended) {
      const patience = AbortSignal.timeout(Math.min(limits.firstTokenTimeoutMs, LIST_MS_MAX));
      const signal = ended ? AbortSignal.any([patience, ended]) : patience;
      return (
        (await offer.now.languageModels
          .get(providerId)
          ?.listModels(signal)
          .catch(() => null)) ?? null
      );
    },
  };
}

type Probed = Pick<Model, 'id' | 'providerModel' | 'maxOutputTokens'>;

/** A model that the provider lists and the catalogue does not, if it seems to write text. */
function unlistedModel(providerId: string, seen: readonly string[]): Probed | undefined {
  const name = seen.find((one) => !writesNoText.test(one));
  return name === undefined
    ? undefined
    : { id: `${providerId}/${name}`, providerModel: name, maxOutputTokens: PROBE_OUTPUT_TOKENS };
}

const writesNoText = /embed|rerank|moderation|whisper|transcribe|tts|speech|audio|image|dall-e|diffusion|video|guard/i;

function cheapestModel(catalogue: Catalogue, providerId: string, seen: readonly string[] | null): Probed | undefined {
  const models = [...catalogue.models.values()].filter((model) => model.providerId === providerId);
  models.sort((a, b) => cost(a) - cost(b));
  return models.find((model) => seen === null || isSeen(model, seen)) ?? models[0];
}

/** Whether the key can see the model: under its name, or as a dated edition of it (`claude-haiku-4-5-20251001`). */
export function isSeen({ providerModel }: Model, seen: readonly string[]): boolean {
  return seen.some(
    (name) =>
      name === providerModel ||
      (name.startsWith(`${providerModel}-`) && /^\d{4}-?\d{2}-?\d{2}$/.test(name.slice(providerModel.length + 1))),
  );
}

function cost({ prices }: Model): number {
  return prices.output + (prices.perRequest ?? 0) * 1000;
}

function noModel(): ModelFailure {
  return new ModelFailure('MODEL_NOT_FOUND', 'No model of it is known yet. Add one, and test it again.');
}

function notConfigured(): ModelFailure {
  return new ModelFailure('AUTHENTICATION', 'No key is configured.');
}

function toFailure(error: unknown): ModelFailure {
  if (error instanceof ModelFailure) return error;
  if (error instanceof DOMException) return new ModelFailure('TIMEOUT', 'The provider did not answer in time.');
  return new ModelFailure('INTERNAL', 'Something went wrong on this server.', { cause: error });
}
