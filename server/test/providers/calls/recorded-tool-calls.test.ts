import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startWireServer, type WireServer } from '../../wire-server.ts';
import { adapterOf, ask } from '../answers.ts';
import { callsIn } from './tool-calls.ts';

/** Recordings of real providers' streams, if the folder exists: see recorded-streams.test.ts. */
const directory = process.env.STREAMS_DIR ?? resolve(import.meta.dirname, '../../../../../shared/streams');

interface RecordedCall {
  id: string | null;
  name: string | null;
  arguments: string | null;
  /** A piece of a call that came value by value, and not the call. */
  partial?: boolean;
}

interface RecordedCase {
  case: string;
  api: string;
  http: { status: number; headers: Record<string, string> };
  expect: { tool_calls?: RecordedCall[] };
}

const cases: RecordedCase[] = existsSync(directory)
  ? readdirSync(directory)
      .filter((file) => /^(?:anthropic|google)-.*\.expected\.json$/.test(file))
      .map((file) => JSON.parse(readFileSync(resolve(directory, file), 'utf8')))
  : [];

/** What the pieces of a recording come to, where the recording does not say it. */
const merged: Record<string, object> = {
  'google-tool-args-missing-terminal': {
    operations: [
      { action: 'add', description: 'Fresh red apple', itemid: 'apple_001', price: 0.5 },
      { action: 'add', description: 'Ripe yellow banana', itemid: 'banana_001', price: 0.3 },
    ],
  },
};

describe.skipIf(cases.length === 0)('the tool calls of a recorded stream', () => {
  let server: WireServer;
  beforeAll(async () => {
    server = await startWireServer();
  });
  beforeEach(() => server.reset());
  afterAll(() => server.close());

  it.each(cases)('$case are read as expected', async (recorded) => {
    const { status, headers } = recorded.http;
    server.enqueue({ status, headers, body: readFileSync(resolve(directory, `${recorded.case}.sse`)) });
    const { parts } = await ask(adapterOf(recorded.api).create(server));
    const calls = callsIn(parts);
    const meant = recorded.expect.tool_calls?.filter(({ name }) => name !== null) ?? [];
    expect(calls.map(({ name }) => name)).toEqual(meant.map(({ name }) => name));
    for (const [index, { id, arguments: json, partial }] of meant.entries()) {
      if (!partial) expect(calls[index]).toMatchObject({ id, arguments: json });
      else expect(JSON.parse(calls[index]?.arguments ?? '')).toEqual(merged[recorded.case]);
    }
  });
});
