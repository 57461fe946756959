import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Surroundings } from '../../../src/internet/remote-file.ts';
import type { ModelMessage, ModelPart, ModelRequest } from '../../../src/ports/language-model.ts';

/** A call that a page orders. */
export interface Order {
  name: string;
  /** An object, or JSON as it is written. */
  args?: object | string;
  /** By which the provider names the call. Default: any. */
  id?: string;
}

/** A line by which a page orders a call of an obedient model. */
export function order({ name, args = {}, id }: Order): string {
  return `CALL ${JSON.stringify({ name, id, args: typeof args === 'string' ? args : JSON.stringify(args) })}`;
}

/** With this word in it, what a page orders is done again after every step. */
export const FOR_EVER = 'FOR EVER';

/** A model that first reads the page, and then does whatever the results of tools order. */
export function obey(request: ModelRequest, index: number): ModelPart[] {
  if (index === 0) return toParts([{ name: 'page', id: 'page_0' }]);
  const all = resultsOf(request.messages);
  const orders = all.includes(FOR_EVER) ? all : resultsOf(request.messages.slice(-1));
  const calls = [...orders.matchAll(/^CALL (.*)$/gm)].map(([, json]) => JSON.parse(json as string) as Order);
  const said = [...orders.matchAll(/^SAY (.*)$/gm)].map(([, text]) => text).join(' ');
  return [{ type: 'text', text: said || 'So be it.' }, ...toParts(calls)];
}

function resultsOf(messages: readonly ModelMessage[]): string {
  return messages
    .flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'toolResult' ? part.content : [])))
    .map((one) => (one.type === 'text' ? one.text : ''))
    .join('\n');
}

function toParts(calls: readonly Order[]): ModelPart[] {
  return calls.flatMap(({ name, id, args = '{}' }, call): ModelPart[] => [
    { type: 'toolCall', call, id: id ?? `call_${call}`, name, signature: null },
    { type: 'toolArguments', call, text: args as string },
  ]);
}

/** An internet of one machine, with a site of an attacker, and a network of the house that must not be reached. */
export async function startInternet() {
  /** All that was asked for: host and path. */
  const visits: string[] = [];
  const server = createServer((req, res) => {
    const host = req.headers.host?.split(':')[0];
    if (req.url !== '/robots.txt') visits.push(`${host}${req.url}`);
    if (req.url === '/inwards') res.writeHead(302, { location: `http://inner.example:${port}/keys` }).end();
    else if (req.url === '/robots.txt') res.writeHead(404).end();
    else res.writeHead(200, { 'content-type': 'text/plain' }).end('A page.');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = String((server.address() as AddressInfo).port);
  const surroundings: Surroundings = {
    lookup: async (host) => [host.startsWith('inner') ? '10.0.0.7' : '127.0.0.1'],
    isPublic: (address) => address === '127.0.0.1',
    ports: new Set(['', port]),
  };
  return {
    visits,
    surroundings,
    at: (host: string, path: string) => `http://${host}:${port}${path}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
