import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

/** HTTP as `fetch` does not show it. */

/** Posts a body, reads the answer to its end, and returns what came before and after it. */
export async function readTrailers(
  url: string,
  key: string,
  body: object,
): Promise<Pick<IncomingMessage, 'headers' | 'trailers'>> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    request(url, { method: 'POST', headers }, resolve).on('error', reject).end(JSON.stringify(body));
  });
  await text(response);
  return response;
}

/** Sends bytes as they are, and returns all that comes until the server closes the connection. */
export async function exchange(url: string, sent: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(sent);
  return text(socket);
}
