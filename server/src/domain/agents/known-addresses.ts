import { findTurnsWithin } from '../../database/turns.ts';
import type { KnownAddresses } from '../../ports/tool.ts';
import type { AnswerContext } from './answer-context.ts';
import type { StoredResult } from './step-book.ts';

const BYTES_MAX = 4_000_000;
/** The tool whose pages are known. What tools of others cite, they may have made up. */
const WEB_SEARCH = 'web_search';

/** The addresses that no model made up: those in the prompt, and what this house's own searches found for the answer. */
export async function findKnownAddresses({
  db,
  asked,
  book,
}: Pick<AnswerContext, 'db' | 'asked' | 'book'>): Promise<KnownAddresses> {
  const { userId, turnId } = asked.identity;
  const turns = await findTurnsWithin(db, userId, { ids: [turnId], bytesMax: BYTES_MAX });
  const searches = book.steps.flatMap(({ calls }) => calls).filter(({ tool_id }) => tool_id === WEB_SEARCH);
  return {
    texts: turns.map(({ prompt }) => prompt ?? ''),
    found: searches.flatMap(({ result }) => {
      const { citations = [] } = (result ?? {}) as Partial<StoredResult>;
      return citations.map(({ url }) => url);
    }),
  };
}
