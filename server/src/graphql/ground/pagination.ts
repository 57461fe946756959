import { InvalidInputError } from '../../domain/ground/errors.ts';

export interface PageArguments {
  first?: number | null;
  after?: string | null;
  last?: number | null;
  before?: string | null;
}

const PAGE_SIZE = 20;
const PAGE_SIZE_MAX = 100;

/** Complexity of a search by itself: it reads texts of many rows. */
export const SEARCH_COST = 5000;

/** How many nodes a page has at most: the lesser of `first`, `last` and 100. @throws InvalidInputError */
export function pageSize({ first, last }: PageArguments, defaultSize = PAGE_SIZE): number {
  if (first != null && first < 0)
    throw new InvalidInputError('first', 'A page cannot have a negative number of entries.');
  if (last != null && last < 0) throw new InvalidInputError('last', 'A page cannot have a negative number of entries.');
  return Math.min(first ?? last ?? defaultSize, last ?? PAGE_SIZE_MAX, PAGE_SIZE_MAX);
}

/** Refuses `last` and `before`, for a connection that can be read forwards only. @throws InvalidInputError */
export function forwardsOnly({ last, before }: PageArguments): void {
  if (last != null || before != null) {
    throw new InvalidInputError(
      last != null ? 'last' : 'before',
      'This list can be read forwards only: use first and after.',
    );
  }
}

/** The error for an `after` that is not a cursor of the list. */
export function notACursor(): InvalidInputError {
  return new InvalidInputError('after', 'This is not a cursor of this list.');
}

/**
 * Makes a connection of `rows`. One row more than the page takes must have been asked for: it tells whether there is a
 * next page.
 */
export function toForwardConnection<Node>(options: {
  rows: readonly Node[];
  size: number;
  after: string | null | undefined;
  toCursor: (node: Node) => string;
  count: () => Promise<number>;
}) {
  const { rows, size, after, toCursor, count } = options;
  const edges = rows.slice(0, size).map((node) => ({ node, cursor: toCursor(node) }));
  return {
    edges,
    pageInfo: {
      hasNextPage: rows.length > size,
      hasPreviousPage: after != null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: count,
  };
}

/** The part of a list of ids that the arguments name, by Relay's rules. Cursors are the ids. @throws InvalidInputError */
export function sliceIds(ids: readonly string[], args: PageArguments, defaultSize: number) {
  const start = args.after == null ? 0 : indexOf(ids, 'after', args.after) + 1;
  const end = args.before == null ? ids.length : indexOf(ids, 'before', args.before);
  const size = pageSize(args, defaultSize);
  // With both arguments, the page has the last of the first ones.
  const pageEnd = Math.min(Math.max(start, end), start + (args.first ?? (args.last == null ? size : ids.length)));
  const pageStart = args.last == null ? start : Math.max(start, pageEnd - size);
  const page = ids.slice(pageStart, Math.min(pageEnd, pageStart + size));
  return { page, hasPreviousPage: pageStart > 0, hasNextPage: pageStart + page.length < ids.length };
}

function indexOf(ids: readonly string[], field: string, cursor: string): number {
  const index = ids.indexOf(cursor);
  if (index === -1) throw new InvalidInputError(field, 'This is not a cursor of this list.');
  return index;
}
