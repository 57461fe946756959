import type { AnyVariables, CombinedError, TypedDocumentNode } from '@urql/core';
import { basePath } from '../../ui/browser/base-path.ts';

/** Sends one mutation from a page that has no client of its own. What sends it is loaded then. */
export async function sendOnce<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<{ data?: Data | undefined; error?: CombinedError | undefined }> {
  const { Client, fetchExchange } = await import('@urql/core');
  const url = new URL(`${basePath()}/graphql`, location.href).href;
  return new Client({ url, exchanges: [fetchExchange], preferGetMethod: false })
    .mutation(document, variables)
    .toPromise();
}
