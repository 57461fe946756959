import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../../src/listen.ts';
import { type Client, signUp } from '../setup/app.ts';
import { makeDataFolder } from '../setup/describe-databases.ts';
import { runExample, startExample } from '../setup/examples.ts';
import type { TestProcess } from '../setup/process.ts';

// Each example is started by its own command, which compiles it and the server from source.
describe('the examples', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'polylogue-examples-'));
  let embed: TestProcess;
  let member: Client;
  let env: Record<string, string>;

  beforeAll(async () => {
    makeDataFolder(join(folder, 'data'));
    embed = startExample('embed', [], { PORT: String(await freePort()), DATA_DIR: join(folder, 'data') });
    const [, url = ''] = await embed.line(/^Listening at (\S+)$/);
    member = await signUp(url);
    const { createApiKey } = await member.gql('mutation { createApiKey(name: "example") { secret } }');
    env = { POLYLOGUE_URL: url, POLYLOGUE_API_KEY: createApiKey.secret };
  }, 120_000);

  afterAll(async () => {
    await embed?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('embed: own routes and the API answer on one port', async () => {
    const ask = async (path: string) => {
      const response = await fetch(member.url + path);
      return { status: response.status, text: await response.text() };
    };
    expect(await ask('/')).toEqual({ status: 200, text: 'The shop itself\n' });
    expect((await ask('/models')).text.split('\n')).toContain('Swift');
    expect(await ask('/ready')).toMatchObject({ status: 200 });
    expect(await ask('/elsewhere')).toEqual({ status: 404, text: 'Not found\n' });
    expect(await member.gql('{ viewer { tier { name } } }')).toEqual({ viewer: { tier: { name: 'Guest' } } });
  });

  it('typed-client: three models answer side by side', async () => {
    const models = ['mock/swift', 'mock/sage', 'mock/swift'];
    const [headings = '', , ...lines] = (await runExample('typed-client', ['Hello', ...models], env)).split('\n');
    expect(headings).toMatch(/^Swift, \d+ credits +Sage, \d+ credits +Swift, \d+ credits *$/);
    const { conversations } = await member.gql(
      '{ conversations { edges { node { turns { edges { node { responses { text } } } } } } } }',
    );
    const { responses } = conversations.edges[0].node.turns.edges[0].node;
    const columns = [0, 40, 80].map((left) => lines.map((line) => line.slice(left, left + 40)).join(''));
    expect(columns.map(withoutSpaces)).toEqual(responses.map(({ text }: { text: string }) => withoutSpaces(text)));
  });

  it('typed-client: a refusal ends it with the server’s own words', async () => {
    await expect(runExample('typed-client', ['Hello', 'nobody/nothing'], env)).rejects.toThrow(
      /^typed-client ended with 1:\n.*nobody\/nothing.*\n$/,
    );
  });

  it('embed: a signal ends it, once its API is closed', async () => {
    await embed.stop();
    expect(await embed.ended).toBe(0);
  });
});

function withoutSpaces(text: string): string {
  return text.replace(/\s/g, '');
}

/** A port that was free a moment ago: the example has to know its address before it listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server, { host: '127.0.0.1', port: 0 });
  await new Promise((resolve) => server.close(resolve));
  return port;
}
