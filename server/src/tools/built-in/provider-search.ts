import { PROVIDER_SEARCH, type Tool, ToolUnavailable } from '../../ports/tool.ts';

/** Stands for the search that a model's own provider makes, which models do not call: a request asks for it. */
export function createProviderSearch(): Tool {
  return {
    id: PROVIDER_SEARCH,
    definition: { name: 'provider_search', description: null, parameters: null },
    isReadOnly: true,
    call: () => Promise.reject(new ToolUnavailable('The model searches by itself, and has no such tool.')),
  };
}
