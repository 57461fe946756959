/** The nodes of a Relay connection's page. */
export function nodesOf<Node>(page: { edges: readonly ({ node: Node } | null)[] }): NonNullable<Node>[] {
  return page.edges.flatMap((edge) => (edge?.node == null ? [] : [edge.node]));
}

/** The cursor of the items before the page; null if there are none. */
export function earlierThan(page: {
  pageInfo: { hasPreviousPage: boolean; startCursor?: string | null };
}): string | null {
  return page.pageInfo.hasPreviousPage ? (page.pageInfo.startCursor ?? null) : null;
}
