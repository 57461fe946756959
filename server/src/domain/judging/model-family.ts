/** What models of one maker are called, whoever serves them. */
const families: readonly (readonly [RegExp, string])[] = [
  [/\bclaude\b/, 'Anthropic'],
  [/\b(gpt|chatgpt|o[1-9])\b|\bgpt-/, 'OpenAI'],
  [/\b(gemini|gemma)/, 'Google'],
  [/\bgrok\b/, 'xAI'],
  [/\bsonar\b/, 'Perplexity'],
  [/\bllama/, 'Meta'],
  [/\b(mistral|mixtral|ministral|codestral|magistral|devstral)/, 'Mistral'],
  [/\b(qwen|qwq)/, 'Qwen'],
  [/\bdeepseek\b/, 'DeepSeek'],
  [/\b(command|aya)\b/, 'Cohere'],
  [/\bphi-?[1-9]/, 'Microsoft'],
  [/\b(kimi|moonshot)\b/, 'Moonshot'],
  [/\bglm-?[1-9]/, 'Zhipu'],
];

/**
 * The family that a model belongs to, by its id (`<provider>/<name>`): its maker's where the name tells, else its
 * provider's. A judge may prefer its own family's answers.
 */
export function familyOf(modelId: string): string {
  const slash = modelId.indexOf('/');
  const name = modelId.slice(slash + 1).toLowerCase();
  return families.find(([pattern]) => pattern.test(name))?.[1] ?? modelId.slice(0, Math.max(slash, 0));
}
