import { GoogleGenerativeAIRequestInputError } from '@google/generative-ai';
import { type LanguageModel, ModelFailure } from '../../ports/language-model.ts';
import type { ProviderAccess } from '../../ports/provider.ts';
import { withBaseURL } from '../base-url.ts';
import { toModelFailure } from '../failures/provider-error.ts';
import { scrub } from '../failures/scrub.ts';
import type { Secrets } from '../failures/secrets.ts';
import { googleLimits, requireFileLimits } from '../file-limits.ts';
import { PartSink } from '../model-parts.ts';
import { askedBody } from '../transport/body.ts';
import { readEventStream } from '../transport/event-stream.ts';
import { ContentAnswer } from './answer.ts';
import { createGoogleClient } from './client.ts';
import { toContentRequest } from './request.ts';
import type { FileData } from './uploads.ts';

const defaultBaseURL = 'https://generativelanguage.googleapis.com';

export interface GoogleOptions {
  apiKey: string;
  /** Excludes the version, as the SDK means it. Default: Google's own. */
  baseURL?: string | undefined;
  fetch: typeof fetch;
  /** Secrets that no error may show, beside the key. Default: none. */
  secrets?: readonly string[] | undefined;
  /** Whether a request counts as one search, however often its model searched. Default: no model's does. */
  billsRequests?: ((model: string) => boolean) | undefined;
}

export function connectGoogle({ apiKey, baseURL, secrets, fetch, optionsOf }: ProviderAccess): LanguageModel {
  const billsRequests = (model: string) => optionsOf(model)?.search?.billed === 'request';
  return createGoogle({ apiKey: apiKey ?? '', baseURL: baseURL ?? undefined, secrets, fetch, billsRequests });
}

/**
 * Gemini. The answer is whole where the body ends, in good order or by a gateway's `[DONE]`, after a `finishReason`. A blocked prompt is a
 * failure (CONTENT_FILTERED); a blocked answer finishes as CONTENT_FILTER, with what was shown of it.
 */
export function createGoogle(options: GoogleOptions): LanguageModel {
  const { apiKey, baseURL, fetch: fetchResponse } = options;
  const secrets = [apiKey, ...(options.secrets ?? [])];
  const client = createGoogleClient({
    apiKey,
    baseURL: (baseURL ?? defaultBaseURL).replace(/\/+$/, ''),
    fetch: fetchResponse,
    secrets,
  });

  async function listModels(signal: AbortSignal): Promise<string[]> {
    try {
      return await client.listModels(signal);
    } catch (error) {
      throw failureOf(error, secrets);
    }
  }

  return {
    async stream(request, onPart) {
      const parts = new PartSink(request.signal, onPart);
      // Their names only: the files themselves are let go of before the answer comes.
      let named: readonly FileData[] = [];
      try {
        requireFileLimits(request.messages, googleLimits);
        const body = await askedBody(request, async (signal) => {
          const uploaded = await client.uploads.uploaded(request.messages, signal);
          named = [...uploaded.values()];
          return client.streamContent(request.model, toContentRequest(request, uploaded), signal);
        });
        parts.readFrom(body);
        const answer = new ContentAnswer(parts, options.billsRequests?.(request.model));
        await readEventStream(body, answer, request.isCrowded);
        answer.finish();
      } catch (error) {
        client.uploads.forget(named);
        request.signal.throwIfAborted();
        throw await withBaseURL(failureOf(error, secrets), baseURL, listModels);
      }
    },
    listModels,
  };
}

/** The failure of an SDK that could not ask, of fetch, or of the stream. */
function failureOf(error: unknown, secrets: Secrets): ModelFailure {
  if (!(error instanceof GoogleGenerativeAIRequestInputError)) return toModelFailure(error, secrets);
  const message = error.message.replace(/^\[GoogleGenerativeAI Error\]: /, '');
  return new ModelFailure('INVALID_REQUEST', scrub(message, secrets));
}
