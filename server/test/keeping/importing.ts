import type { Client } from '../setup/app.ts';

export interface ImportLine {
  type: 'progress' | 'report' | 'error';
  [field: string]: unknown;
}

export interface Report {
  form: string | null;
  taken: number;
  turns: number;
  files: number;
  alreadyThere: number;
  notTaken: { where: string; why: string }[];
  notTakenMore: number;
  ended: string | null;
}

export function postImport({ url, cookie }: Client, content: Buffer | string, name = 'export.json'): Promise<Response> {
  const body = new FormData();
  body.set('file', new Blob([content as never]), name);
  return fetch(`${url}/import`, { method: 'POST', headers: { cookie }, body });
}

/** Imports a file, and returns the report at the end. */
export async function importFile(client: Client, content: Buffer | string, name?: string): Promise<Report> {
  const response = await postImport(client, content, name);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${text}`);
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ImportLine);
  const last = lines.at(-1);
  if (last?.type !== 'report') throw new Error(`The import ended with ${text.slice(-500)}`);
  const { type, ...report } = last;
  return report as unknown as Report;
}

// biome-ignore lint/suspicious/noExplicitAny: a document of JSON
type Told = any;

export async function exportAll({ url, cookie }: Client): Promise<Told> {
  return (await fetch(`${url}/export/conversations.json`, { headers: { cookie } })).json();
}

/** The conversations of an export with ids that tell only which is which, and in which order they came. */
export function withoutIds({ conversations }: Told): Told[] {
  return conversations.map(({ id, origin, turns, ...conversation }: Told) => {
    const names = new Map<string, string>();
    for (const turn of turns) {
      names.set(turn.id, `turn ${names.size}`);
      for (const answer of turn.answers) names.set(answer.id, `answer ${names.size}`);
    }
    return { ...conversation, turns: renamed(turns, names) };
  });
}

function renamed(value: Told, names: ReadonlyMap<string, string>): Told {
  if (typeof value === 'string') return names.get(value) ?? value;
  if (Array.isArray(value)) return value.map((item) => renamed(item, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renamed(item, names)]));
}

/** What the conversations of an export are called wherever they go. */
export function originsOf({ conversations }: Told): string[] {
  return conversations.map(({ origin }: Told) => origin);
}

/** `withoutIds` without what storing a picture anew may change. */
export function withoutHashes(conversations: Told[]): Told[] {
  const text = JSON.stringify(conversations, (key, value) => (key === 'hash' || key === 'bytes' ? null : value));
  return JSON.parse(text);
}
