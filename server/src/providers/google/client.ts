import { type GenerateContentRequest, GoogleGenerativeAI } from '@google/generative-ai';
import { noListFailure, parseErrorBody, toResponseFailure } from '../failures/provider-error.ts';
import type { GoogleAccess } from './access.ts';
import { GoogleUploads } from './uploads.ts';

/** Asks Gemini's API. Each method rejects with a `ModelFailure` if the status is an error, and with the errors of `fetch`. */
export interface GoogleClient {
  /** The response whose body is the stream of content. Rejects with the SDK's own error if it cannot build the request. */
  streamContent(model: string, request: GenerateContentRequest, signal: AbortSignal): Promise<Response>;
  /** The names of all models that generate content. */
  listModels(signal: AbortSignal): Promise<string[]>;
  uploads: GoogleUploads;
}

export function createGoogleClient({ apiKey, baseURL, fetch: fetchResponse, secrets }: GoogleAccess): GoogleClient {
  const sdk = new GoogleGenerativeAI(apiKey);

  async function ask(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
    const response = await fetchResponse(input, init);
    if (!response.ok) throw await toResponseFailure(response, secrets);
    return response;
  }

  return {
    uploads: new GoogleUploads({ apiKey, baseURL, fetch: fetchResponse, secrets }, ask),
    streamContent: (model, request, signal) =>
      answerToSdk(ask, () =>
        sdk.getGenerativeModel({ model }, { baseUrl: baseURL }).generateContentStream(request, { signal }),
      ),
    // The SDK cannot list models.
    async listModels(signal) {
      const names: string[] = [];
      let pageToken: string | undefined;
      do {
        const url = new URL(`${baseURL}/v1beta/models?pageSize=1000`);
        if (pageToken) url.searchParams.set('pageToken', pageToken);
        const response = await ask(url, { headers: { 'x-goog-api-key': apiKey }, signal });
        const page = parseErrorBody(await response.text()) as ModelPage | string | null;
        if (typeof page !== 'object' || page === null) throw noListFailure();
        const models = page.models?.filter((one) => one.supportedGenerationMethods?.includes('generateContent')) ?? [];
        names.push(...models.map(({ name }) => name.replace(/^models\//, '')));
        pageToken = page.nextPageToken;
      } while (pageToken);
      return names;
    },
  };
}

interface ModelPage {
  models?: { name: string; supportedGenerationMethods?: string[] }[];
  nextPageToken?: string;
}

/**
 * The response to the request that the SDK builds. The SDK takes no fetch and hides the body, so it is called with a global
 * fetch that keeps the response and gives the SDK an empty one. The SDK keeps little of fetch's errors, so the error itself is
 * thrown.
 */
async function answerToSdk(
  ask: typeof fetch,
  callSdk: () => Promise<{ response: Promise<unknown> }>,
): Promise<Response> {
  let response: Response | null = null;
  let failure: unknown = null;
  const asked = withGlobalFetch(async (input, init) => {
    try {
      response = await ask(input, init);
      return new Response('');
    } catch (error) {
      failure = error;
      throw error;
    }
  }, callSdk);
  try {
    // The SDK may fail to read the empty answer; nobody waits for that.
    (await asked).response.catch(() => {});
  } catch (error) {
    throw failure ?? error;
  }
  if (!response) throw new Error('The SDK answered without having asked.');
  return response;
}

/**
 * Calls `work` with another global fetch, for the SDK to find: it looks `fetch` up before its first `await`. Once `work` has
 * returned or thrown the global is as it was, so nobody else ever finds the other one.
 */
export function withGlobalFetch<Result>(found: typeof fetch, work: () => Result): Result {
  const usual = globalThis.fetch;
  globalThis.fetch = found;
  try {
    return work();
  } finally {
    globalThis.fetch = usual;
  }
}
