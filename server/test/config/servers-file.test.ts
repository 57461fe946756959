import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readServersFile } from '../../src/config/tools/servers-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'polylogue-servers-'));
afterAll(() => rmSync(folder, { recursive: true }));

function read(content: unknown, variables: Record<string, string> = {}) {
  const file = join(folder, 'mcp.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  const [problems, warnings]: string[][] = [[], []];
  const servers = readServersFile(file, variables, {
    directory: folder,
    problems: problems ?? [],
    warnings: warnings ?? [],
  });
  return { servers, problems, warnings };
}

/** As the file names a variable. */
const filled = (name: string) => `$\{${name}}`;

it('a file of MCP servers names programs and addresses, with variables in the place of secrets', () => {
  const { servers, problems, warnings } = read(
    {
      mcpServers: {
        files: {
          command: 'npx',
          args: ['-y', 'server', filled('FOLDER')],
          env: { KEY: filled('env:KEY') },
          cwd: 'here',
        },
        'Issue tracker': {
          type: 'http',
          url: 'http://10.0.0.7/mcp',
          headers: { authorization: `Bearer ${filled('KEY')}` },
        },
        old: { command: 'old', disabled: true },
        odd: { command: 'odd', alwaysAllow: ['x'] },
      },
    },
    { FOLDER: '/data', KEY: 'secret-1' },
  );
  expect(problems).toEqual([]);
  expect(warnings).toEqual(['MCP_SERVERS_FILE mcpServers.odd: alwaysAllow is not known here, and has no effect']);
  expect(servers).toEqual([
    {
      name: 'files',
      address: {
        kind: 'program',
        command: 'npx',
        args: ['-y', 'server', '/data'],
        env: { KEY: 'secret-1' },
        directory: join(folder, 'here'),
      },
    },
    {
      name: 'Issue tracker',
      address: {
        kind: 'remote',
        url: 'http://10.0.0.7/mcp',
        headers: { authorization: 'Bearer secret-1' },
        mayBePrivate: true,
        signIn: null,
      },
    },
    { name: 'odd', address: { kind: 'program', command: 'odd', args: [], env: {}, directory: null } },
  ]);
});

it('a file of MCP servers with mistakes names each of them and no value', () => {
  const cases: [unknown, RegExp][] = [
    ['{', /is no JSON/],
    [{ servers: {} }, /expected \{"mcpServers"/],
    [{ mcpServers: { 'a/b': { command: 'x' } } }, /mcpServers\.a\/b: expected a name/],
    [{ mcpServers: { a: {} } }, /mcpServers\.a\.url: expected a command, or the url/],
    [{ mcpServers: { a: { type: 'sse', url: 'https://secret.example' } } }, /mcpServers\.a\.type: expected "http"/],
    [{ mcpServers: { a: { url: 'ftp://secret.example' } } }, /mcpServers\.a\.url: expected an address/],
    [{ mcpServers: { a: { command: 'x', args: 'secret' } } }, /mcpServers\.a\.args: expected a list/],
    [
      { mcpServers: { a: { command: 'x', env: { A: filled('NONE') } } } },
      /mcpServers\.a\.env: there is no variable NONE/,
    ],
  ];
  for (const [content, problem] of cases) {
    const { problems } = read(content);
    expect(problems?.join('\n')).toMatch(problem);
    expect(problems?.join('\n')).not.toContain('secret.example');
  }
});
