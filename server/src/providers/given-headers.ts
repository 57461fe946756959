/**
 * Takes from an SDK's client all default headers but the given ones. The SDKs add those of OPENAI_CUSTOM_HEADERS and
 * ANTHROPIC_CUSTOM_HEADERS, which are meant for other programs, and have no option against it.
 */
export function keepGivenHeaders(client: object, defaultHeaders: object): void {
  const { _options: options } = client as { _options?: { defaultHeaders?: object } };
  if (!options) throw new Error('This version of the SDK keeps its headers elsewhere');
  options.defaultHeaders = defaultHeaders;
}
