import { basePath } from '../../ui/browser/base-path.ts';

const document = 'mutation LeaveTemporary($id: ID!) { leaveTemporary(id: $id) }';

/** Tells the server that a temporary conversation was left. The request outlives the page, which may be closing. */
export function sendOnLeaving(id: string): void {
  const body = JSON.stringify({ query: document, variables: { id } });
  const headers = { 'content-type': 'application/json' };
  // If it does not arrive, the conversation goes a day after its last prompt.
  void fetch(`${basePath()}/graphql`, { method: 'POST', headers, body, keepalive: true }).catch(() => {});
}
