import type { LanguageModel } from '../ports/language-model.ts';
import type { ProviderAccess, ProviderKind } from '../ports/provider.ts';

type Connect = (access: ProviderAccess) => LanguageModel;

/** The adapter of each kind. It is loaded on use: a start does not wait for the SDKs of providers without a key. */
const adapters: Record<Exclude<ProviderKind, 'mock'>, () => Promise<Connect>> = {
  openai: async () => (await import('./openai/openai.ts')).connectOpenAI,
  'openai-compatible': async () => (await import('./openai/openai.ts')).connectCompatible,
  anthropic: async () => (await import('./anthropic/anthropic.ts')).connectAnthropic,
  google: async () => (await import('./google/google.ts')).connectGoogle,
};

/** The language models of a configured provider. `mockPace`: how many times as fast as a real model the mock ones answer. */
export async function connect(access: ProviderAccess, mockPace: number): Promise<LanguageModel> {
  const { kind } = access;
  if (kind === 'mock') return (await import('./mock/mock.ts')).createMockModels({ pace: mockPace });
  const connectKind = await adapters[kind]();
  return connectKind(access);
}
