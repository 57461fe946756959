import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { RemoteToolServer, ToolServerProgram } from '../../ports/tool-server.ts';

/** A server of tools that the operator's file names. */
export interface FileToolServer {
  /** Its name in the file, which is the middle of its tools' ids too. */
  name: string;
  address: ToolServerProgram | RemoteToolServer;
}

interface Reading {
  /** Where relative paths start. */
  directory: string;
  problems: string[];
  warnings: string[];
}

/** An id of the database must not pass for a name of the file. */
const name = /^(?![0-9a-f]{8}-[0-9a-f]{4}-)[A-Za-z0-9][A-Za-z0-9 _.-]{0,59}$/;
const SERVERS_MAX = 50;

const texts = z.record(z.string(), z.string('expected a text'), 'expected an object of texts');
const remoteTypes: ReadonlySet<unknown> = new Set(['http', 'streamable-http', 'streamableHttp', undefined]);

const program = z.object({
  command: z.string('expected a text').min(1, 'expected a command'),
  args: z.array(z.string('expected a text'), 'expected a list of texts').default([]),
  env: texts.default({}),
  cwd: z.string('expected a text').optional(),
});
const remote = z.object({
  url: z.string('expected a text'),
  headers: texts.default({}),
});
const known = new Set(['type', 'disabled', ...Object.keys(program.shape), ...Object.keys(remote.shape)]);

/**
 * Reads a file of the form that other programs have too: `{"mcpServers": {"name": {"command", "args", "env"}}}`, or with
 * `url` and `headers`. `${NAME}` in a value is the variable of that name, so that no secret has to stand in the file.
 */
export function readServersFile(
  path: string,
  variables: Readonly<Record<string, string>>,
  reading: Reading,
): FileToolServer[] {
  const problem = (place: string, message: string) => {
    reading.problems.push(`MCP_SERVERS_FILE${place === '' ? '' : ` ${place}`}: ${message}`);
    return [];
  };
  const content = readJson(resolve(reading.directory, path));
  if (typeof content === 'string') return problem('', content);
  const shape = z.object({ mcpServers: z.record(z.string(), z.looseObject({})) }).safeParse(content.json);
  if (!shape.success) return problem('', 'expected {"mcpServers": {"name": {…}}}');
  const entries = Object.entries(shape.data.mcpServers);
  if (entries.length > SERVERS_MAX) return problem('', `expected at most ${SERVERS_MAX} servers`);
  return entries.flatMap(([serverName, entry]) => {
    const place = `mcpServers.${serverName.slice(0, 80)}`;
    if (!name.test(serverName))
      return problem(place, 'expected a name of letters, digits and the signs - _ . and space');
    for (const field of Object.keys(entry).filter((field) => !known.has(field))) {
      reading.warnings.push(`MCP_SERVERS_FILE ${place}: ${field.slice(0, 80)} is not known here, and has no effect`);
    }
    if (entry.disabled === true) return [];
    const filled = fill(entry, variables, (field, variable) =>
      problem(`${place}.${field}`, `there is no variable ${variable}`),
    );
    const address = 'command' in entry ? readProgram(filled, reading.directory) : readRemote(filled);
    if (Array.isArray(address)) return address.flatMap(({ field, message }) => problem(`${place}.${field}`, message));
    return { name: serverName, address };
  });
}

interface Mistake {
  field: string;
  message: string;
}

function readProgram(entry: unknown, directory: string): ToolServerProgram | Mistake[] {
  const { data, error } = program.safeParse(entry);
  if (!data) return mistakesOf(error);
  const { cwd, ...rest } = data;
  return { kind: 'program', ...rest, directory: cwd === undefined ? null : resolve(directory, cwd) };
}

function readRemote(entry: Readonly<Record<string, unknown>>): RemoteToolServer | Mistake[] {
  if (!('url' in entry)) return [{ field: 'url', message: 'expected a command, or the url of a server' }];
  if (!remoteTypes.has(entry.type)) {
    return [
      { field: 'type', message: 'expected "http": servers that speak SSE alone, the old way, are not supported' },
    ];
  }
  const { data, error } = remote.safeParse(entry);
  if (!data) return mistakesOf(error);
  if (!URL.canParse(data.url) || !/^https?:$/.test(new URL(data.url).protocol)) {
    return [{ field: 'url', message: 'expected an address that begins with http:// or https://' }];
  }
  // Who can write this file may reach whatever the server's machine can.
  return { kind: 'remote', ...data, mayBePrivate: true, signIn: null };
}

function mistakesOf(error: z.ZodError | undefined): Mistake[] {
  return (error?.issues ?? []).map(({ path, message }) => ({ field: path.join('.').slice(0, 80), message }));
}

/** Puts variables in the place of their names, in all texts of an entry. */
function fill(
  entry: Readonly<Record<string, unknown>>,
  variables: Readonly<Record<string, string>>,
  missing: (field: string, variable: string) => void,
): Record<string, unknown> {
  const filled = (value: unknown, field: string): unknown => {
    if (Array.isArray(value)) return value.map((one) => filled(one, field));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, field)]));
    }
    if (typeof value !== 'string') return value;
    return value.replace(/\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)\}/g, (_whole, variable: string) => {
      if (variables[variable] === undefined) missing(field, variable);
      return variables[variable] ?? '';
    });
  };
  return Object.fromEntries(Object.entries(entry).map(([field, value]) => [field, filled(value, field)]));
}

/** A text says what is wrong. */
function readJson(file: string): { json: unknown } | string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return `"${file}" cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
  try {
    return { json: JSON.parse(text) };
  } catch {
    return `"${file}" is no JSON`;
  }
}
