import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { fetchRemoteFile, type Surroundings } from '../../src/internet/remote-file.ts';

let server: Server;
let port: string;
const asked: string[] = [];
type Handler = (req: IncomingMessage, res: ServerResponse) => void;
const handlers = new Map<string, Handler>();

beforeAll(async () => {
  server = createServer((req, res) => {
    asked.push(`${req.headers.host}${req.url}`);
    const handle = handlers.get(req.url ?? '');
    if (handle) handle(req, res);
    else res.end('bytes');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = String((server.address() as AddressInfo).port);
});
afterAll(() => server.close());

/** The internet of a test: one host is here and counts as public, every other is what a name server says. */
function around(names: Record<string, readonly (readonly string[])[]> = {}): Surroundings & { looks: string[] } {
  const looks: string[] = [];
  return {
    looks,
    lookup: async (host) => {
      const answers = names[host] ?? [['127.0.0.1']];
      const nth = looks.filter((one) => one === host).length;
      looks.push(host);
      return answers[Math.min(nth, answers.length - 1)] ?? [];
    },
    isPublic: (address) => address === '127.0.0.1',
    ports: new Set(['', port]),
  };
}

const fetched = (url: string, surroundings = around(), bytesMax = 1000, signal = AbortSignal.timeout(5000)) =>
  fetchRemoteFile(url.replace('PORT', port), { bytesMax, signal }, surroundings);

function answer(path: string, handler: Handler): void {
  handlers.set(path, handler);
  onTestFinished(() => void handlers.delete(path));
}

describe('a file that is fetched', () => {
  it('comes from the address that was looked at, with the name of its host', async () => {
    answer('/a', (_req, res) => res.writeHead(200, { 'content-type': 'IMAGE/PNG; x=y' }).end('png'));
    const file = await fetched('http://files.example:PORT/a');
    expect(file).toEqual({ bytes: Buffer.from('png'), contentType: 'image/png' });
    expect(asked.at(-1)).toBe(`files.example:${port}/a`);
  });

  it('is looked up once: what a name server answers later leads nowhere', async () => {
    const surroundings = around({ 'rebinding.example': [['127.0.0.1'], ['10.0.0.1']] });
    expect((await fetched('http://rebinding.example:PORT/', surroundings)).bytes.toString()).toBe('bytes');
    expect(surroundings.looks).toEqual(['rebinding.example']);
    await expect(fetched('http://rebinding.example:PORT/', surroundings)).rejects.toThrow('not on the public internet');
  });

  it('is refused if any address of its host is private, or if it has none', async () => {
    const surroundings = around({ 'both.example': [['127.0.0.1', '192.168.1.1']], 'none.example': [[]] });
    await expect(fetched('http://both.example:PORT/', surroundings)).rejects.toThrow('not on the public internet');
    await expect(fetched('http://none.example:PORT/', surroundings)).rejects.toThrow('not on the public internet');
  });

  it.each([
    ['http://2130706433/', 'not on the public internet'],
    ['http://0x7f.1/', 'not on the public internet'],
    ['http://0177.0.0.1/', 'not on the public internet'],
    ['http://127.1/', 'not on the public internet'],
    ['http://localhost/', 'not on the public internet'],
    ['http://inner.localhost./', 'not on the public internet'],
    ['http://169.254.169.254/latest/meta-data/', 'not on the public internet'],
    ['http://[::1]/', 'not on the public internet'],
    ['http://[::ffff:127.0.0.1]/', 'not on the public internet'],
    ['http://[::ffff:a9fe:a9fe]/', 'not on the public internet'],
    ['http://0/', 'not on the public internet'],
    ['http://１２７.0.0.1/', 'not on the public internet'],
    ['http://user:password@example.com/', 'no user'],
    ['http://user@example.com/', 'no user'],
    ['http://example.com:25/', 'no port'],
    ['https://example.com:8443/', 'no port'],
    ['file:///etc/passwd', 'http or https'],
    ['ftp://example.com/', 'http or https'],
    ['http://', 'no address'],
  ])('is refused at %s', async (url, message) => {
    await expect(fetchRemoteFile(url, { bytesMax: 10, signal: AbortSignal.timeout(5000) })).rejects.toThrow(message);
  });

  it('is looked for anew at each redirect, of which there are few', async () => {
    answer('/to-b', (_req, res) => res.writeHead(302, { location: '/b' }).end());
    answer('/private', (_req, res) => res.writeHead(301, { location: 'http://10.0.0.1/' }).end());
    answer('/named', (_req, res) => res.writeHead(307, { location: `http://inner.example:${port}/` }).end());
    answer('/file', (_req, res) => res.writeHead(308, { location: 'file:///etc/passwd' }).end());
    answer('/round', (_req, res) => res.writeHead(302, { location: '/round' }).end());
    const surroundings = around({ 'inner.example': [['172.16.0.1']] });
    expect((await fetched('http://files.example:PORT/to-b', surroundings)).bytes.toString()).toBe('bytes');
    expect(surroundings.looks).toEqual(['files.example', 'files.example']);
    await expect(fetched('http://files.example:PORT/private')).rejects.toThrow('not on the public internet');
    await expect(fetched('http://files.example:PORT/named', surroundings)).rejects.toThrow(
      'not on the public internet',
    );
    await expect(fetched('http://files.example:PORT/file')).rejects.toThrow('http or https');
    await expect(fetched('http://files.example:PORT/round')).rejects.toThrow('too often');
  });

  it('is not taken beyond its bytes, whether their number is told or not, nor compressed, nor with an error', async () => {
    answer('/told', (_req, res) => res.writeHead(200, { 'content-length': '5000' }).end(Buffer.alloc(5000)));
    answer('/untold', (_req, res) => {
      res.write(Buffer.alloc(900));
      res.end(Buffer.alloc(900));
    });
    answer('/packed', (_req, res) => res.writeHead(200, { 'content-encoding': 'gzip' }).end('x'));
    answer('/missing', (_req, res) => res.writeHead(404).end());
    await expect(fetched('http://files.example:PORT/told')).rejects.toThrow('more than');
    await expect(fetched('http://files.example:PORT/untold')).rejects.toThrow('more than');
    await expect(fetched('http://files.example:PORT/packed')).rejects.toThrow('compressed');
    await expect(fetched('http://files.example:PORT/missing')).rejects.toThrow('status 404');
  });

  it('is given up with its signal, before its first byte and after', async () => {
    answer('/silent', () => {});
    answer('/slow', (_req, res) => void res.writeHead(200).write('x'));
    for (const path of ['silent', 'slow']) {
      const stop = new AbortController();
      const fetching = fetched(`http://files.example:PORT/${path}`, around(), 1000, stop.signal);
      const before = asked.length;
      await expect.poll(() => asked.length > before || asked.at(-1)?.endsWith(path)).toBe(true);
      stop.abort(new Error('The client left.'));
      await expect(fetching).rejects.toThrow('The client left.');
    }
  });

  it('is refused where its host cannot be reached or breaks off', async () => {
    answer('/cut', (_req, res) => {
      res.writeHead(200, { 'content-length': '100' }).write('x');
      setImmediate(() => res.destroy());
    });
    await expect(fetched('http://files.example:PORT/cut')).rejects.toThrow('broke off');
    const closed = { ...around(), ports: new Set(['1']) };
    await expect(fetched('http://files.example:1/', closed)).rejects.toThrow('cannot be reached');
  });
});
