import type { Surroundings } from '../../internet/remote-file.ts';
import type { BuiltInReach, BuiltInTool } from '../../ports/built-in-tool.ts';
import { createCalculator } from './calculator/calculator.ts';
import { createOwnSearchTool } from './own-search-tool.ts';
import { createPageTool } from './page/page-tool.ts';
import { createProviderSearch } from './provider-search.ts';
import type { SearchEngine } from './web-search/search-engine.ts';
import { createWebSearchTool } from './web-search/web-search-tool.ts';

export interface BuiltInOptions {
  /** Who searches the web; null: nobody does. Default: null. */
  searchEngine?: SearchEngine | null;
  /** Default: the internet. Not a setting: only tests name another. */
  surroundings?: Surroundings | undefined;
}

/** The tools of this server, none of which is on until an admin switches it on. They start nothing by themselves. */
export function builtInTools(
  reach: BuiltInReach,
  { searchEngine = null, surroundings }: BuiltInOptions = {},
): readonly BuiltInTool[] {
  const search = searchEngine && [
    {
      tool: createWebSearchTool(searchEngine),
      name: 'Search the web',
      description: `Asks ${searchEngine.name} for pages, and gives their titles, addresses and an excerpt each.`,
      needsApproval: false,
    },
  ];
  return [
    ...(search ?? []),
    {
      tool: createProviderSearch(),
      name: 'Search by the model’s provider',
      description:
        'Lets models search the web by themselves where their providers do that. What it costs is added to the answer.',
      needsApproval: false,
    },
    {
      tool: createCalculator(),
      name: 'Calculator',
      description: 'Calculates exactly, with numbers of up to 2,000 digits.',
      needsApproval: false,
    },
    {
      tool: createPageTool(reach, surroundings),
      name: 'Read a page',
      description: 'Fetches a page or document from the public internet, where its site allows programs to.',
      needsApproval: true,
    },
    {
      tool: createOwnSearchTool(reach),
      name: 'Search my conversations',
      description: 'Finds what you wrote, were answered and keep as files. It reads nobody else’s.',
      needsApproval: false,
    },
  ];
}
