import { connecting as texts } from 'texts:account';

/** The lines that connect a program to this server. */
export interface Snippet {
  id: string;
  /** The program or the language. */
  name: string;
  blocks: readonly SnippetBlock[];
}

export interface SnippetBlock {
  /** Where the lines belong: a terminal, or a file. */
  place: string;
  lines: string;
}

export interface Connection {
  /** The origin of this server, with its base path if it has one, such as `https://polylogue.example.org`. */
  origin: string;
  /** The API key, or what stands for it. */
  secret: string;
  /** The id of a model that the key may ask. */
  model: string;
}

/** The lines for each kind of program, ready to be pasted. */
export function snippetsFor(connection: Connection): Snippet[] {
  return [
    { id: 'curl', name: 'curl', blocks: [{ place: texts.terminal, lines: curl(connection) }] },
    {
      id: 'python',
      name: 'Python',
      blocks: [{ place: texts.python, lines: python(connection) }],
    },
    { id: 'node', name: 'Node', blocks: [{ place: texts.javaScript, lines: node(connection) }] },
    { id: 'editor', name: texts.editor, blocks: editor(connection) },
    // not read by people: a program's name
    { id: 'claude-code', name: 'Claude Code', blocks: [{ place: texts.terminal, lines: claudeCode(connection) }] },
    { id: 'codex', name: 'Codex', blocks: codex(connection) },
  ];
}

function curl({ origin, secret, model }: Connection): string {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] });
  return [
    `curl ${inShell(`${origin}/v1/chat/completions`)} \\`,
    // not read by people: a header
    `  -H ${inShell(`Authorization: Bearer ${secret}`)} \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d ${inShell(body)}`,
  ].join('\n');
}

// Python, JavaScript, JSON and TOML all read a string that is written like JSON's.
const quoted = (text: string) => JSON.stringify(text);

function python({ origin, secret, model }: Connection): string {
  return `from openai import OpenAI

client = OpenAI(base_url=${quoted(`${origin}/v1`)}, api_key=${quoted(secret)})
answer = client.chat.completions.create(
    model=${quoted(model)},
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.choices[0].message.content)`;
}

function node({ origin, secret, model }: Connection): string {
  return `import OpenAI from "openai";

const client = new OpenAI({ baseURL: ${quoted(`${origin}/v1`)}, apiKey: ${quoted(secret)} });
const answer = await client.chat.completions.create({
  model: ${quoted(model)},
  messages: [{ role: "user", content: "Hello" }],
});
console.log(answer.choices[0].message.content);`;
}

function editor({ origin, secret, model }: Connection): SnippetBlock[] {
  const apiBase = `${origin}/v1`;
  const ofContinue = { models: [{ title: 'Polylogue', provider: 'openai', model, apiBase, apiKey: secret }] };
  const ofZed = {
    language_models: {
      openai_compatible: {
        Polylogue: { api_url: apiBase, available_models: [{ name: model, max_tokens: 128_000 }] },
      },
    },
  };
  return [
    { place: 'Continue: ~/.continue/config.json', lines: JSON.stringify(ofContinue, null, 2) },
    { place: texts.zed, lines: JSON.stringify(ofZed, null, 2) },
  ];
}

function claudeCode({ origin, secret, model }: Connection): string {
  return [
    `export ANTHROPIC_BASE_URL=${inShell(origin)}`,
    `export ANTHROPIC_AUTH_TOKEN=${inShell(secret)}`,
    `export ANTHROPIC_MODEL=${inShell(model)}`,
    'claude',
  ].join('\n');
}

function codex({ origin, secret, model }: Connection): SnippetBlock[] {
  const toml = `model = ${quoted(model)}
model_provider = "polylogue"

[model_providers.polylogue]
name = "Polylogue"
base_url = ${quoted(`${origin}/v1`)}
wire_api = "responses"
env_key = "POLYLOGUE_API_KEY"`;
  return [
    { place: '~/.codex/config.toml', lines: toml },
    { place: texts.terminal, lines: `export POLYLOGUE_API_KEY=${inShell(secret)}\ncodex` },
  ];
}

/** A word of a shell's command, in quotation marks where it needs them. */
function inShell(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
