import { stdout } from 'node:process';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { AskDocument, FollowDocument, type TypedDocumentString } from './generated/graphql.ts';

const { POLYLOGUE_URL = 'http://localhost:3000', POLYLOGUE_API_KEY } = process.env;
const [prompt = 'What is the capital of France?', ...modelIds] = process.argv.slice(2);
if (!POLYLOGUE_API_KEY) stop('Set POLYLOGUE_API_KEY to a key from the settings.');

const client = createClient({
  url: new URL('/graphql', POLYLOGUE_URL.replace(/^http/, 'ws')).href,
  webSocketImpl: WebSocket,
  connectionParams: { authorization: `Bearer ${POLYLOGUE_API_KEY}` },
});

/** The results of an operation, of the types that its document has. */
async function* run<Result, Variables extends Record<string, unknown>>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): AsyncGenerator<Result> {
  for await (const { data, errors } of client.iterate<Result>({ query: document.toString(), variables })) {
    if (errors || !data) throw new Error(errors?.map(({ message }) => message).join('\n'));
    yield data;
  }
}

async function ask() {
  for await (const { sendPrompt } of run(AskDocument, { prompt, modelIds: modelIds.length > 0 ? modelIds : null })) {
    if (sendPrompt.__typename === 'SendPromptPayload') return sendPrompt.turn;
    stop(sendPrompt.message);
  }
  return stop('The server gave no answer.');
}

function stop(reason: string): never {
  console.error(reason);
  process.exit(1);
}

const { id: turnId, responses } = await ask();
const columns = responses.map(({ id, model }) => ({ id, heading: model.name, text: '' }));
const drawing = stdout.isTTY ? setInterval(() => draw(stdout.rows - 1), 50) : undefined;

for await (const { streamResponse: event } of run(FollowDocument, { turnId })) {
  const column = columns.find(({ id }) => id === event.responseId);
  if (!column) continue;
  if (event.__typename === 'TextDelta') column.text += event.text;
  if (event.__typename !== 'ResponseFinished') continue;
  const { text, creditsCharged, failure } = event.response;
  column.text = failure ? `${text}\n[${failure.message}]` : text;
  column.heading += `, ${creditsCharged ?? 0} credits`;
}
clearInterval(drawing);
draw(Number.POSITIVE_INFINITY);
await client.dispose();

/** Draws the last `rows` lines of the columns side by side, over what stood there before. */
function draw(rows: number): void {
  const width = Math.floor((stdout.columns || 120) / columns.length) - 2;
  const wrapped = columns.map(({ heading, text }) => [
    heading.slice(0, width),
    '-'.repeat(width),
    ...wrap(text, width),
  ]);
  const height = Math.max(...wrapped.map(({ length }) => length));
  const lines = Array.from({ length: height }, (_, row) =>
    wrapped.map((column) => (column[row] ?? '').padEnd(width)).join('  '),
  );
  if (stdout.isTTY) stdout.write('\u001b[H\u001b[J');
  stdout.write(`${lines.slice(-Math.min(rows, height)).join('\n')}\n`);
}

function wrap(text: string, width: number): string[] {
  // A terminal would carry out what control characters say.
  const lines = text.replace(/[^\P{Cc}\n]/gu, '').split('\n');
  const piece = new RegExp(`.{1,${width}}(?:\\s|$)|\\S{${width}}`, 'gu');
  return lines.flatMap((line) => line.match(piece)?.map((text) => text.trimEnd()) ?? ['']);
}
