import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CallError } from '../../../src/http/calls/call-problem.ts';
import { RemoteUrls } from '../../../src/http/calls/remote/remote-urls.ts';
import { type fetchRemoteFile, RemoteFileError } from '../../../src/internet/remote-file.ts';
import { type Client, startApp, type TestApp } from '../../setup/app.ts';
import { openCopy } from '../../setup/describe-databases.ts';

const png = Buffer.from('89504e470d0a1a0a0000', 'hex');
const files: Record<string, Buffer> = {
  'https://files.example/shot.png?token=secret': png,
  'https://files.example/Plan.pdf': Buffer.from('%PDF-1.7 …'),
  'https://files.example/sums.csv': Buffer.from('year,sum\n2026,1 €\n'),
  'https://files.example/program': Buffer.from('\x7fELF\0\0', 'latin1'),
};
const fetchFile: typeof fetchRemoteFile = async (url) => {
  const bytes = files[url];
  if (!bytes) throw new RemoteFileError('Its host is away.');
  return { bytes, contentType: url.endsWith('csv') ? 'text/csv' : 'application/octet-stream' };
};
const response = (memberId = 'ann') => ({ memberId, res: new EventEmitter() as ServerResponse });
const data = (type: string, url: string) => `data:${type};base64,${files[url]?.toString('base64')}`;
const [shot, plan, sums, program] = Object.keys(files) as [string, string, string, string];

describe('files that a request names by their address', () => {
  it('are put into it in the form of each protocol, by the type that their bytes show', async () => {
    const messages = [
      { role: 'user', content: 'text' },
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: shot, detail: 'low' } },
          { type: 'image_url', image_url: shot },
          { type: 'input_image', image_url: shot },
          { type: 'input_file', file_url: plan },
          { type: 'input_file', file_url: sums, filename: 'own.csv' },
          { type: 'image', source: { type: 'url', url: shot } },
          {
            type: 'tool_result',
            tool_use_id: 'call',
            content: [{ type: 'document', source: { type: 'url', url: plan } }],
          },
        ],
      },
      { type: 'function_call_output', call_id: 'call', output: [{ type: 'input_image', image_url: shot }] },
    ];
    await new RemoteUrls(fetchFile).fetchInto(messages, 'messages', response());
    const image = data('image/png', shot);
    const base64 = (type: string, url: string) => ({
      type: 'base64',
      media_type: type,
      data: files[url]?.toString('base64'),
    });
    expect(messages[1]?.content).toEqual([
      { type: 'image_url', image_url: { url: image, detail: 'low' } },
      { type: 'image_url', image_url: image },
      { type: 'input_image', image_url: image },
      { type: 'input_file', file_data: data('application/pdf', plan), filename: 'Plan.pdf' },
      { type: 'input_file', file_data: data('text/csv', sums), filename: 'own.csv' },
      { type: 'image', source: base64('image/png', shot) },
      {
        type: 'tool_result',
        tool_use_id: 'call',
        content: [{ type: 'document', source: base64('application/pdf', plan) }],
      },
    ]);
    expect(messages[2]).toMatchObject({ output: [{ type: 'input_image', image_url: image }] });
  });

  it.each([
    ['an image that is none', { type: 'input_image', image_url: plan }, 'no PNG, JPEG, WebP or GIF'],
    ['a file that is neither image nor text', { type: 'input_file', file_url: program }, 'no text in UTF-8'],
    ['a host that is not there', { type: 'input_image', image_url: 'https://away.example/?key=secret' }, 'is away'],
  ])('are refused with their place: %s', async (_what, part, message) => {
    const fetching = new RemoteUrls(fetchFile).fetchInto([{ content: [part] }], 'input', response());
    const error = await fetching.catch((reason) => reason);
    expect(error).toBeInstanceOf(CallError);
    expect(error.problem).toMatchObject({ status: 400, field: 'input', message: expect.stringContaining(message) });
    expect(error.message).not.toContain('secret');
  });

  it('are at most ten, and are given up when the client leaves', async () => {
    const many = Array.from({ length: 11 }, () => ({ type: 'input_image', image_url: shot }));
    const urls = new RemoteUrls(fetchFile);
    await expect(urls.fetchInto([{ content: many }], 'input', response())).rejects.toThrow('At most 10');
    const to = response();
    const waiting = new RemoteUrls(
      (_url, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    ).fetchInto([{ content: many.slice(0, 1) }], 'input', to);
    to.res.emit('close');
    await expect(waiting).rejects.toThrow('too long');
  });

  it('cost no more than six requests’ memory at once, and of one member three', async () => {
    const pending: (() => void)[] = [];
    const urls = new RemoteUrls(
      () => new Promise((resolve) => pending.push(() => resolve({ bytes: png, contentType: '' }))),
    );
    const ask = (member: string) =>
      urls.fetchInto([{ content: [{ type: 'input_image', image_url: shot }] }], 'input', response(member));
    const six = ['ann', 'ann', 'ann'].map(ask);
    const full = { problem: { status: 429, retryAfterSeconds: 5 } };
    await expect(ask('ann')).rejects.toMatchObject(full);
    six.push(...['bob', 'bob', 'cleo'].map(ask));
    await expect(ask('dan')).rejects.toMatchObject(full);
    for (const resolve of pending) resolve();
    await Promise.all(six);
    const seventh = ask('ann');
    pending.at(-1)?.();
    await seventh;
  });
});

describe('addresses of files at /v1', () => {
  let app: TestApp;
  let member: Client;
  let key: string;
  beforeAll(async () => {
    app = await startApp({ database: await openCopy('template'), env: { MOCK_PACE: '1000', FILE_URLS: 'on' } });
    member = await app.newMember();
    const made = await member.gql('mutation { createApiKey(name: "Files") { secret } }');
    key = made.createApiKey.secret;
  });
  afterAll(() => app.close());

  it.each([
    [
      '/v1/chat/completions',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'http://127.0.0.1/a.png' } }] }] },
    ],
    [
      '/v1/responses',
      { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'http://[::1]/a.png' }] }] },
    ],
    [
      '/v1/messages',
      {
        max_tokens: 10,
        messages: [
          { role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'http://169.254.169.254/' } }] },
        ],
      },
    ],
    [
      '/v1/messages/count_tokens',
      { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'http://10.0.0.1/' } }] }] },
    ],
  ])('are refused by %s if they lead into the operator’s network', async (path, body) => {
    const answer = await fetch(app.url + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${key}`,
        'anthropic-version': '2023-06-01',
      },
      body: JSON.stringify({ model: 'mock/swift', ...body }),
    });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(await answer.json())).toContain('not on the public internet');
  });
});
