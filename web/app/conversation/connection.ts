/** The nodes of a Relay connection's page. */
export function nodesOf<Node>(page: { edges: readonly ({ node: Node } | null)[] }): NonNullable<Node>[] {
  return page.edges.flatMap((edge) => (edge?.node == null ? [] : [edge.node]));
}
