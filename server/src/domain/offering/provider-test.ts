import type { ModelFailure } from '../../ports/language-model.ts';
import type { ProviderProbe } from '../answering/provider-probe.ts';
import type { ModelLooks } from './model-looks.ts';

export interface ProviderTest {
  id: string;
  /** Whether it answered or listed its models. */
  reachable: boolean;
  /** Null: it answered. */
  failure: ModelFailure | null;
  firstTokenMs: number | null;
  /** The model that was asked; null: none is known. */
  modelId: string | null;
  /** How many models it lists; null: it lists none. */
  modelsSeen: number | null;
}

/** Looks at the provider's list of models and asks one for a word. */
export async function testProvider(
  { modelLooks, providerProbe }: { modelLooks: ModelLooks; providerProbe: ProviderProbe },
  id: string,
): Promise<ProviderTest> {
  const seen = await modelLooks.look(id);
  const result = await providerProbe.ask(id, seen);
  return { id, ...result, reachable: result.failure === null || seen !== null, modelsSeen: seen?.length ?? null };
}
