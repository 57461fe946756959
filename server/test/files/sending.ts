import type { Client } from '../setup/app.ts';

export interface Sent {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: the tests read whatever fields they expect
  body: any;
}

/** Uploads a file as a browser or a program does. */
export async function upload(
  { url, cookie }: Pick<Client, 'url' | 'cookie'>,
  content: string | Uint8Array<ArrayBuffer> | Blob,
  { name = 'notes.txt', field = 'file', headers = {} }: { name?: string; field?: string; headers?: object } = {},
): Promise<Sent> {
  const form = new FormData();
  form.append(field, content instanceof Blob ? content : new Blob([content]), name);
  return answerOf(await fetch(`${url}/files`, { method: 'POST', body: form, headers: { cookie, ...headers } }));
}

export async function answerOf(response: Response): Promise<Sent> {
  const text = await response.text();
  const { status, headers } = response;
  return { status, headers, body: headers.get('content-type')?.includes('json') ? JSON.parse(text) : text };
}
