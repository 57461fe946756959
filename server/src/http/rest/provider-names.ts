import type { Catalogue, Provider } from '../../domain/catalogue/catalogue.ts';
import { defaultModelOf, resolveModelName } from '../../domain/catalogue/model-names.ts';

/** The names of models by which people call their makers. */
const makers: Readonly<Record<string, string>> = {
  gpt: 'openai',
  chatgpt: 'openai',
  claude: 'anthropic',
  gemini: 'google',
};

/** The provider of this id, or of the maker's well-known name. */
export function providerOf({ providers }: Pick<Catalogue, 'providers'>, name: string): Provider | undefined {
  return providers.get(name) ?? (Object.hasOwn(makers, name) ? providers.get(makers[name] as string) : undefined);
}

/** The ids of models by their names; a provider's stands for its default model. @throws ModelUnavailableError */
export function modelIdsOf(catalogue: Catalogue, names: readonly string[]): string[] {
  return names.map((name) => {
    const provider = providerOf(catalogue, name);
    return (provider && defaultModelOf(catalogue, provider.id)?.id) ?? resolveModelName(catalogue, name).id;
  });
}
