import type { Catalogue, Provider } from '../../domain/catalogue/catalogue.ts';

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
