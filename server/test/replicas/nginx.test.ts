import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { CALL_BODY_BYTES_MAX } from '../../src/http/calls/call-request.ts';
import { ask } from '../api/asking.ts';
import { eventually } from '../eventually.ts';
import { makeKey } from '../programs/openai/openai-client.ts';
import { type Client, connect, signUp } from '../setup/app.ts';
import { openCopy, type TestDatabase } from '../setup/describe-databases.ts';
import { prepareReplicas, type Replica, type Replicas } from './replicas.ts';

const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
const nginx = folders.map((folder) => join(folder, 'nginx')).find((file) => existsSync(file));

describe.runIf(nginx && inject('databases').postgres)('two servers behind nginx, as deploy/nginx has it', () => {
  let folder: string;
  let database: TestDatabase & { url: string };
  let replicas: Replicas;
  let servers: Replica[];
  let proxy: ChildProcess;
  let url: string;
  let member: Client;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'polylogue-nginx-'));
    database = await openCopy('template');
    const env = { TRUSTED_PROXIES: '1', MOCK_PACE: '4' };
    replicas = await prepareReplicas({ databaseUrl: database.url, env });
    servers = await Promise.all([replicas.start(), replicas.start()]);
    const port = await freePort();
    proxy = startNginx(folder, port, servers);
    url = `http://127.0.0.1:${port}`;
    await eventually(async () => expect((await fetch(`${url}/ready`)).status).toBe(200));
    member = await signUp(url);
  });
  afterAll(async () => {
    proxy?.kill('SIGTERM');
    if (proxy) await once(proxy, 'close');
    await replicas?.close();
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

  it('passes on the largest call of a program, and refuses a larger one', async () => {
    const headers = { authorization: `Bearer ${await makeKey(member)}`, 'content-type': 'application/json' };
    const call = { model: 'mock/swift', messages: [{ role: 'user', content: 'Hello!' }] };
    const body = JSON.stringify(call).padEnd(CALL_BODY_BYTES_MAX);
    const answer = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ choices: [{ finish_reason: 'stop' }] });

    const announced = { ...headers, 'content-length': CALL_BODY_BYTES_MAX + 1 };
    const larger = request(`${url}/v1/chat/completions`, { method: 'POST', headers: announced });
    larger.flushHeaders();
    const [{ statusCode }] = await once(larger, 'response');
    larger.on('error', () => {}).destroy();
    expect(statusCode).toBe(413);
  });

  it('goes on when one of the two is stopped', async () => {
    expect(await servers.pop()?.stop()).toBe(0);
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

/** Starts nginx on the shipped configuration, with the servers' own addresses. */
function startNginx(folder: string, port: number, servers: readonly Replica[]): ChildProcess {
  const shipped = readFileSync(join(import.meta.dirname, '../../../deploy/nginx/replicas.conf'), 'utf8');
  const site = servers.reduce(
    (text, server, index) => text.replace(`app-${index + 1}:3000`, new URL(server.url).host),
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
