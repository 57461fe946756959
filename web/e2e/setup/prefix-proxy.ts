import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

/** A proxy that serves one server below a path, and nothing else. */
export interface PrefixProxy {
  /** The address of the server behind it, with the path. */
  url: string;
  /** The paths that were asked for beside the server's. */
  strayed: string[];
  /** Where requests go from now on. */
  passTo(url: string): void;
  close(): Promise<void>;
}

/** @param keeps whether the path is passed on as it was asked; else the proxy takes its own part off, and says so */
export async function startPrefixProxy(prefix: string, keeps: boolean): Promise<PrefixProxy> {
  let target = new URL('http://127.0.0.1');
  const strayed: string[] = [];

  function ask(req: IncomingMessage) {
    const { url = '/', method, headers } = req;
    if (!/^(\/|\?|$)/.test(url.replace(prefix, '')) || !url.startsWith(prefix)) {
      // Chromium asks for this by itself where a document names no icon.
      if (url !== '/favicon.ico') strayed.push(url);
      return null;
    }
    const path = keeps ? url : url.slice(prefix.length).replace(/^(?!\/)/, '/');
    return request({
      host: target.hostname,
      port: target.port,
      path,
      method,
      headers: { ...headers, ...(!keeps && { 'x-forwarded-prefix': prefix }) },
    }).on('error', () => req.destroy());
  }

  const server = createServer((req, res) => {
    const asked = ask(req);
    if (!asked) return void res.writeHead(404).end();
    asked.on('response', (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(res);
    });
    res.on('close', () => asked.destroy());
    req.pipe(asked);
  });
  server.on('upgrade', (req: IncomingMessage, socket: Duplex) => {
    const asked = ask(req);
    if (!asked) return void socket.destroy();
    asked.on('upgrade', (answer, upstream) => {
      const lines = answer.rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`));
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`);
      socket.pipe(upstream).pipe(socket);
      for (const [one, other] of [[socket, upstream] as const, [upstream, socket] as const])
        one.on('error', () => other.destroy()).on('close', () => other.destroy());
    });
    asked.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`,
    strayed,
    passTo(url) {
      target = new URL(url);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
