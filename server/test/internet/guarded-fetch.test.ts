import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  AddressRefused,
  AnswerTooLarge,
  createGuardedFetch,
  type GuardedFetchOptions,
  TooManyOpen,
} from '../../src/internet/guarded-fetch.ts';
import { eventually } from '../eventually.ts';

let server: http.Server;
let url: string;
let handle: http.RequestListener;
const asked: string[] = [];

beforeAll(async () => {
  server = http.createServer((req, res) => {
    asked.push(`${req.method} ${req.url} ${req.headers.authorization ?? '-'}`);
    handle(req, res);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  asked.length = 0;
  handle = (_req, res) => res.end('well');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const guarded = (options: Partial<GuardedFetchOptions> = {}) =>
  createGuardedFetch({ mayBePrivate: true, bytesMax: 1000, ...options }).fetch;

describe('a fetch for addresses that somebody has entered', () => {
  it('asks no address of a private network, however it is written', async () => {
    const fetch = guarded({ mayBePrivate: false });
    const { port } = new URL(url);
    const hosts = [
      '127.0.0.1',
      '127.1',
      '2130706433',
      '0x7f000001',
      '0177.0.0.1',
      'localhost',
      'localhost.',
      'a.local',
    ];
    const ipv6 = [
      '[::1]',
      '[::]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[64:ff9b::7f00:1]',
      '[fd00::1]',
      '[fe80::1]',
    ];
    const metadata = ['169.254.169.254', '100.100.100.200', '[fd00:ec2::254]', 'metadata.google.internal', 'router'];
    for (const host of [...hosts, ...ipv6, ...metadata]) {
      await expect(fetch(`http://${host}:${port}/`), host).rejects.toBeInstanceOf(AddressRefused);
    }
    expect(asked).toEqual([]);
  });

  it('goes to no address that a name server gives, once it was public, if one of them is private', async () => {
    const answers = [['93.184.215.14', '127.0.0.1'], ['127.0.0.1'], ['::ffff:127.0.0.1'], ['10.0.0.1']];
    for (const addresses of answers) {
      const lookup = async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
      const fetch = guarded({ mayBePrivate: false, lookup });
      await expect(fetch(url.replace('127.0.0.1', 'tool.example'))).rejects.toBeInstanceOf(AddressRefused);
    }
    expect(asked).toEqual([]);
  });

  it('hands a proxy no name that leads into a private network, and those that only the proxy knows', async () => {
    // What stands for the proxy leads all names to the server.
    const agent = new http.Agent({ lookup: toServer });
    const known = async (host: string) => {
      if (host !== 'inner.example') throw new Error('ENOTFOUND');
      return [{ address: '10.0.0.1', family: 4 }];
    };
    const offered: string[] = [];
    const proxyAgent = ({ hostname }: URL) => {
      offered.push(hostname);
      return agent;
    };
    const fetch = guarded({ mayBePrivate: false, lookup: known, proxyAgent });
    await expect(fetch(url.replace('127.0.0.1', 'inner.example'))).rejects.toBeInstanceOf(AddressRefused);
    expect(asked).toEqual([]);
    expect(await (await fetch(url.replace('127.0.0.1', 'outer.example'))).text()).toBe('well');
    expect(offered).toEqual(['inner.example', 'outer.example']);
    agent.destroy();
  });

  it('follows no redirect, so that what it is asked with is told to nobody else', async () => {
    handle = (_req, res) => res.writeHead(307, { location: '/elsewhere' }).end();
    const answer = await guarded()(url, { method: 'POST', body: '{}', headers: { authorization: 'Bearer token' } });
    expect(answer.status).toBe(307);
    expect(asked).toEqual(['POST / Bearer token']);
  });

  it('reads no more of an answer, or of one event, than it may', async () => {
    handle = (_req, res) => void res.writeHead(200, { 'content-type': 'text/event-stream' }).write(':'.repeat(2000));
    const headers = { accept: 'application/json, text/event-stream' };
    const read = async (init: RequestInit = { headers }) => (await guarded()(url, init)).text();
    await expect(read()).rejects.toBeInstanceOf(AnswerTooLarge);
    const event = `data: ${'a'.repeat(500)}\n\n`;
    handle = (_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let count = 0; count < 10; count++) res.write(event);
      res.end();
    };
    expect(await read()).toBe(event.repeat(10));
    // What is read as a whole is no stream, whatever it calls itself.
    await expect(read({})).rejects.toBeInstanceOf(AnswerTooLarge);
    for (const [status, type] of [
      [500, 'text/event-stream'],
      [200, 'application/json; of=text/event-stream'],
    ] as const) {
      handle = (_req, res) => {
        res.writeHead(status, { 'content-type': type });
        for (let count = 0; count < 10; count++) res.write(event);
        res.end();
      };
      await expect(read(), type).rejects.toBeInstanceOf(AnswerTooLarge);
    }
    handle = (_req, res) => res.end('a'.repeat(2000));
    await expect(read()).rejects.toBeInstanceOf(AnswerTooLarge);
  });

  it('has only so many requests open, and those that send something not for ever', async () => {
    handle = (_req, res) => void res.writeHead(200, { 'content-type': 'text/event-stream' }).write(': yes\n\n');
    const fetch = guarded({ openMax: 3, openMsMax: 50 });
    const posts = await Promise.all([1, 2].map(() => fetch(url, { method: 'POST', body: '{}' })));
    const stream = await fetch(url);
    await expect(fetch(url)).rejects.toBeInstanceOf(TooManyOpen);
    for (const post of posts) await expect(post.text()).rejects.toThrow();
    handle = (_req, res) => res.end('well');
    await eventually(async () => expect(await (await fetch(url)).text()).toBe('well'));
    await stream.body?.cancel();
  });
});

const toServer: NonNullable<http.AgentOptions['lookup']> = (_host, { all }, found) =>
  all ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4);
