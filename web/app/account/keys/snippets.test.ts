import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { snippetsFor } from './snippets.ts';

const connection = { origin: 'https://ask.example.org', secret: 'plk_0a1b', model: 'openai/gpt-4.1' };

const blockOf = (id: string, at = 0, of = connection) =>
  snippetsFor(of).find((snippet) => snippet.id === id)?.blocks[at]?.lines ?? '';

test('each snippet names this server, the key and the model', () => {
  for (const { id, blocks } of snippetsFor(connection)) {
    const lines = blocks.map((block) => block.lines).join('\n');
    expect([id, lines]).toEqual([id, expect.stringContaining('https://ask.example.org')]);
    expect([id, lines]).toEqual([id, expect.stringContaining('plk_0a1b')]);
    expect([id, lines]).toEqual([id, expect.stringContaining('openai/gpt-4.1')]);
  }
});

test('the command of curl sends the key and a JSON body, whatever the model is called', () => {
  const model = `it's "odd" $HOME \`id\``;
  const command = blockOf('curl', 0, { ...connection, model });
  // The shell shows the words that curl would be called with.
  const words = execFileSync('sh', ['-c', command.replace(/^curl/, "printf '%s\\n'")], { encoding: 'utf8' }).split(
    '\n',
  );
  expect(words.slice(0, 6)).toEqual([
    'https://ask.example.org/v1/chat/completions',
    '-H',
    'Authorization: Bearer plk_0a1b',
    '-H',
    'Content-Type: application/json',
    '-d',
  ]);
  expect(JSON.parse(words[6] ?? '')).toEqual({ model, messages: [{ role: 'user', content: 'Hello' }] });
});

test('the lines for Claude Code set what it reads, for the terminal that they are pasted into', () => {
  const script = blockOf('claude-code').replace(/claude$/, 'env');
  const environment = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\n');
  expect(environment).toContain('ANTHROPIC_BASE_URL=https://ask.example.org');
  expect(environment).toContain('ANTHROPIC_AUTH_TOKEN=plk_0a1b');
  expect(environment).toContain('ANTHROPIC_MODEL=openai/gpt-4.1');
});

test('the settings of editors are JSON with the address below which OpenAI’s paths are', () => {
  expect(JSON.parse(blockOf('editor'))).toEqual({
    models: [
      {
        title: 'Polylogue',
        provider: 'openai',
        model: 'openai/gpt-4.1',
        apiBase: 'https://ask.example.org/v1',
        apiKey: 'plk_0a1b',
      },
    ],
  });
  expect(JSON.parse(blockOf('editor', 1)).language_models.openai_compatible.Polylogue).toEqual({
    api_url: 'https://ask.example.org/v1',
    available_models: [{ name: 'openai/gpt-4.1', max_tokens: 128_000 }],
  });
});

test('the settings of Codex ask by its own protocol, with the key from the environment', () => {
  expect(blockOf('codex')).toContain('base_url = "https://ask.example.org/v1"\nwire_api = "responses"');
  const environment = execFileSync('sh', ['-c', blockOf('codex', 1).replace(/codex$/, 'env')], { encoding: 'utf8' });
  expect(environment.split('\n')).toContain('POLYLOGUE_API_KEY=plk_0a1b');
});
