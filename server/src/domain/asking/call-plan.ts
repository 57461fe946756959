import type { StoredParameters } from '../../database/database.ts';
import type { ModelMessage } from '../../ports/language-model.ts';
import type { Candidate } from '../answering/generation-job.ts';
import type { Catalogue, Model } from '../catalogue/catalogue.ts';
import { charge, hold } from '../catalogue/pricing.ts';
import { InvalidInputError } from '../ground/errors.ts';
import { filesOf } from '../ground/message-size.ts';
import type { Admission } from './admission.ts';
import { type CallSize, type MeasuredCall, sizeFor } from './call-size.ts';
import { fallbacksOf, type LanePlan, TYPICAL_OUTPUT_TOKENS } from './lanes.ts';

/** A call as it is planned: unlike a prompt, it says everything that the model is sent. */
export interface CallQuestion {
  messages: readonly ModelMessage[];
  parameters: StoredParameters;
  size: MeasuredCall;
}

/**
 * Plans a call: the model, or one of its fallbacks, is sent the messages as they are. Nothing is left out of them, and
 * their length is refused only if they cannot fit.
 *
 * @throws InvalidInputError (`messages`) if the model's context window has no room for them, or its provider does not take
 * their images
 */
export function planCall(
  { tier, access }: Pick<Admission, 'tier' | 'access'>,
  model: Model,
  { messages, parameters, size: measured }: CallQuestion,
): LanePlan {
  const size = sizeFor(measured, model);
  const types = imageTypesOf(messages);
  const refused = types.find((type) => !takesImage(access.catalogue, model, type));
  if (refused !== undefined) {
    throw new InvalidInputError(
      'messages',
      `${model.name} takes no images of the type ${refused}. Send it as PNG or JPEG.`,
    );
  }
  if (size.likely >= model.contextWindow) {
    throw new InvalidInputError(
      'messages',
      `About ${size.likely.toLocaleString('en')} tokens are too many: ${model.name} has a context of ${model.contextWindow.toLocaleString('en')}.`,
    );
  }
  const candidates = [model, ...fallbacksOf(model, access)]
    .filter((candidate) => types.every((type) => takesImage(access.catalogue, candidate, type)))
    .map((candidate) => ({ candidate, size: sizeFor(measured, candidate) }))
    .filter(({ candidate, size: { likely } }) => likely < candidate.contextWindow)
    .map(
      ({ candidate, size: { likely, withReserve, most } }): Candidate => ({
        model: candidate,
        messages,
        maxOutputTokens: Math.min(
          parameters.maxOutputTokens ?? Number.POSITIVE_INFINITY,
          tier.maxOutputTokens,
          candidate.maxOutputTokens,
          roomFor(candidate, { likely, withReserve }),
        ),
        input: { likely: withReserve, most: Math.max(withReserve, billedMax(candidate, most)) },
      }),
    );
  const [{ maxOutputTokens }] = candidates as [Candidate];
  return {
    lane: 0,
    model,
    candidates,
    maximum: Math.max(
      ...candidates.map(({ model, maxOutputTokens }) =>
        hold(model.prices, billedMax(model, sizeFor(measured, model).most), maxOutputTokens),
      ),
    ),
    expected: charge(model.prices, {
      inputTokens: size.withReserve,
      cachedInputTokens: 0,
      cacheWriteInputTokens: 0,
      outputTokens: Math.min(TYPICAL_OUTPUT_TOKENS, maxOutputTokens),
      reasoningTokens: 0,
    }),
    inputTokens: size.withReserve,
    dropped: 0,
  };
}

/** The types of the messages' images, each once. What begins like another type than the one that is told counts as both. */
function imageTypesOf(messages: readonly ModelMessage[]): string[] {
  const images = messages.flatMap(filesOf).filter(({ mediaType }) => mediaType.startsWith('image/'));
  return [...new Set(images.flatMap(({ mediaType, data }) => [mediaType, ...typeByBeginning(data)]))];
}

function typeByBeginning(data: string): string[] {
  if (data.startsWith('R0lGOD')) return ['image/gif'];
  return data.startsWith('UklGR') ? ['image/webp'] : [];
}

function takesImage({ providers }: Pick<Catalogue, 'providers'>, { providerId }: Model, type: string): boolean {
  return providers.get(providerId)?.imageTypes?.includes(type) ?? true;
}

/**
 * Tokens that are left for the answer. Providers refuse a request whose answer may exceed the window, so that the input
 * is counted with the reserve; but at least half of what is left without it may be answered.
 */
function roomFor({ contextWindow }: Model, { likely, withReserve }: Pick<CallSize, 'likely' | 'withReserve'>): number {
  return Math.max(contextWindow - withReserve, Math.ceil((contextWindow - likely) / 2));
}

/**
 * The most input tokens that the model's provider bills of a request: it refuses one that is longer than its window, and
 * bills nothing for it. Where nobody knows the window, the operator's word for it bounds what has no bound of its own.
 */
function billedMax({ contextWindow, providerWindow }: Model, most: number): number {
  const unknown = Number.isFinite(most) ? most : contextWindow;
  return Math.min(most, providerWindow === undefined ? unknown : Math.max(providerWindow, contextWindow));
}
