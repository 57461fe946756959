import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { ask } from '../api/asking.ts';
import { type Client, connect, signUp, startApp, type TestApp } from '../setup/app.ts';
import { openCopy, type TestDatabase } from '../setup/describe-databases.ts';

const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
const nginx = folders.map((folder) => join(folder, 'nginx')).find((file) => existsSync(file));

describe.runIf(nginx && inject('databases').postgres)('two replicas behind nginx, as deploy/nginx has it', () => {
  let folder: string;
  let database: TestDatabase;
  let replicas: TestApp[];
  let proxy: ChildProcess;
  let url: string;
  let member: Client;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'polylogue-nginx-'));
    database = await openCopy('template');
    const env = { TRUSTED_PROXIES: '1', MOCK_PACE: '4' };
    replicas = await Promise.all([startApp({ database, env }), startApp({ database, env })]);
    const port = await freePort();
    proxy = startNginx(folder, port, replicas);
    url = `http://127.0.0.1:${port}`;
    await vi.waitFor(async () => expect((await fetch(`${url}/ready`)).status).toBe(200), { timeout: 10_000 });
    member = await signUp(url);
  });
  afterAll(async () => {
    proxy?.kill('SIGTERM');
    if (proxy) await once(proxy, 'close');
    for (const replica of replicas ?? []) await replica.close();
    await database?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(['sse', 'ws'] as const)('passes an answer on by %s while it is still being written', async (over) => {
    const { turn } = await ask(member, { prompt: 'Tell me a long story', modelIds: ['mock/sage'] });
    const document = 'subscription ($id: ID!) { streamResponse(turnId: $id) { __typename ... on TextDelta { text } } }';
    let text = '';
    let statusAtFirst = '';
    for await (const { data, errors } of member.subscribe(over, document, { id: turn.id })) {
      expect(errors).toBeUndefined();
      if (data.streamResponse.__typename !== 'TextDelta') continue;
      text += data.streamResponse.text;
      statusAtFirst ||= (await statusOf(turn.id)) ?? '';
    }
    expect(statusAtFirst).toBe('STREAMING');
    expect(text).not.toBe('');
    expect(await statusOf(turn.id)).toBe('COMPLETED');
  });

  it('tells the replicas who asks, and keeps their figures to itself', async () => {
    const { viewer } = await member.gql('{ viewer { email } }');
    expect(viewer.email).toBe(member.email);
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
    const sessions = await database.db.selectFrom('session').select('ip_address').execute();
    expect(sessions.map(({ ip_address }) => ip_address)).toContain('127.0.0.1');
  });

  it('goes on when one of the two is stopped', async () => {
    await replicas.pop()?.close();
    for (let times = 0; times < 6; times += 1) {
      expect((await connect(url, member).gql('{ viewer { email } }')).viewer.email).toBe(member.email);
    }
  });

  async function statusOf(turnId: string): Promise<string | undefined> {
    const document = 'query ($id: ID!) { node(id: $id) { ... on Turn { responses { status } } } }';
    const { node } = await member.gql(document, { id: turnId });
    return node.responses[0]?.status;
  }
});

/** Starts nginx on the shipped configuration, with the replicas' own addresses. */
function startNginx(folder: string, port: number, replicas: readonly TestApp[]): ChildProcess {
  const shipped = readFileSync(join(import.meta.dirname, '../../../deploy/nginx/replicas.conf'), 'utf8');
  const site = replicas.reduce(
    (text, replica, index) => text.replace(`app-${index + 1}:3000`, new URL(replica.url).host),
    shipped.replace('listen 80;', `listen 127.0.0.1:${port};`),
  );
  writeFileSync(join(folder, 'site.conf'), site);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(' ');
  const main = `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
    events { worker_connections 256; }
    http { access_log off; ${temporary} include ${folder}/site.conf; }`;
  writeFileSync(join(folder, 'nginx.conf'), main);
  return spawn(nginx as string, ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
