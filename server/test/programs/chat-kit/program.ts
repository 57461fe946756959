import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { createMockModels } from '../../../src/providers/mock/mock.ts';

/** What tests of ai-chat-kit's protocol ask with, and how they read the answers. */

const run = promisify(execFile);

/** Runs a line of ai-chat-kit's pages in a shell, where HOST is the server; returns the status and the body. */
export async function curl(url: string, line: string) {
  const script = line.replace(/^curl /, `curl --silent --write-out '\\n%{http_code}' `);
  const { stdout } = await run('sh', ['-c', script], { env: { ...process.env, HOST: url } });
  const end = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(end + 1)), text: stdout.slice(0, end) };
}

export interface Frame {
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever fields they expect
  data: any;
}

/** The frames of a stream, which must have nothing else in it. */
export function framesOf(text: string): Frame[] {
  expect(text).toMatch(/^(event: \w+\ndata: .+\n\n)+$/);
  return text
    .split('\n\n')
    .slice(0, -1)
    .map((frame) => {
      const [event = '', data = ''] = frame.split('\n');
      return { event: event.slice('event: '.length), data: JSON.parse(data.slice('data: '.length)) };
    });
}

/** Expects a whole answer, and returns its last frame. */
export function doneOf(text: string) {
  const frames = framesOf(text);
  const tokens = frames.filter(({ event }) => event === 'token');
  const done = frames.at(-1)?.data;
  expect(frames.map(({ event }) => event)).toEqual([...tokens.map(() => 'token'), 'done']);
  expect(tokens.every(({ data }) => data.type === 'token')).toBe(true);
  expect(done).toMatchObject({ type: 'done', message: { role: 'assistant' } });
  expect(tokens.map(({ data }) => data.token).join('')).toBe(done.message.content);
  return done;
}

/** Expects nothing but an error, and returns its message. */
export function faultOf({ status, text }: { status: number; text: string }): string {
  expect(status).toBe(200);
  const frames = framesOf(text);
  expect(frames).toEqual([{ event: 'error', data: { type: 'error', error: { message: expect.any(String) } } }]);
  return frames[0]?.data.error.message;
}

export const json = { 'content-type': 'application/json' };

/** A program that speaks the protocol. */
export function programOf(url: string, headers: Record<string, string> = {}) {
  const post = async (path: string, body: object | string) => {
    const answer = await fetch(url + path, {
      method: 'POST',
      headers: { ...json, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  const get = async (path: string, query: Record<string, string>) => {
    const answer = await fetch(`${url}${path}?${new URLSearchParams(query)}`, { headers });
    return { status: answer.status, body: JSON.parse(await answer.text()) };
  };
  return {
    post,
    get,
    /** Asks, and expects an answer. */
    async ask(userId: string, content: string, params: object = {}) {
      const { text } = await post('/chat/stream', { userId, messages: [{ role: 'user', content }], params });
      return doneOf(text);
    },
    /** Posts, and expects JSON. */
    async order(path: string, body: object) {
      const { status, text } = await post(path, body);
      expect(status).toBe(200);
      return JSON.parse(text);
    },
  };
}

export const oneMessage = [{ role: 'user', content: 'Hello' }];
export const mock = () => createMockModels({ pace: 10_000 });
