import type { LanguageModel, ModelFailure } from '../../../src/ports/language-model.ts';

/** The catalogue of a provider whose models a test answers for, `lab/one`. */
export const labCatalogue = {
  providers: [{ id: 'lab', name: 'Lab', kind: 'openai-compatible', baseURL: 'http://127.0.0.1:9/v1' }],
  models: [
    {
      id: 'lab/one',
      name: 'One',
      minimumTier: 'FREE',
      contextWindow: 100_000,
      maxOutputTokens: 1_000,
      inputPriceUsd: 1,
      outputPriceUsd: 1,
    },
  ],
};

/** A model that fails as often as it is told to, and then answers. */
export class AilingModel implements LanguageModel {
  failures: ModelFailure[] = [];
  asked = 0;

  async stream(...[_request, onPart]: Parameters<LanguageModel['stream']>): Promise<void> {
    this.asked += 1;
    const failure = this.failures.shift();
    if (failure) throw failure;
    onPart({ type: 'text', text: 'Well again.' });
    onPart({ type: 'finish', reason: 'STOP' });
  }

  async listModels(): Promise<string[]> {
    return ['one'];
  }
}
