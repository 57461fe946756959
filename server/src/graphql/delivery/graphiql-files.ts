import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import {
  css,
  editorWorkerService,
  favicon,
  graphqlWorker,
  js,
  jsonWorker,
} from '@graphql-yoga/render-graphiql/graphiql';

const defaultQuery = `# Send a prompt, then follow the answers: run the mutation, copy the turn's id into the subscription.
# An API key goes into the tab Headers: { "authorization": "Bearer plk_…" }
mutation Ask {
  sendPrompt(input: { prompt: "What is the capital of France?" }) {
    __typename
    ... on SendPromptPayload { turn { id } }
    ... on Error { message }
  }
}

subscription Follow($turnId: ID!) {
  streamResponse(turnId: $turnId) {
    __typename
    responseId
    ... on TextDelta { modelId offset text }
    ... on ResponseFinished { response { text creditsCharged } }
  }
}
`;

/**
 * Subscriptions use server-sent events, since their requests carry what is in the tab Headers; a browser's WebSocket
 * cannot.
 */
const options = {
  title: 'Polylogue API',
  subscriptionsProtocol: 'SSE',
  method: 'POST',
  defaultQuery,
};

/**
 * Writes GraphiQL into a new folder: `index.html`, and its files below a path with the hash of all contents, each
 * plain, as `.gz` and as `.br`. This takes seconds of processor time, so the build does it.
 */
export async function writeGraphiql(folder: string): Promise<void> {
  const files = new Map<string, string | Buffer>([
    ['graphiql.js', js],
    ['graphiql.css', css],
    ['favicon.ico', Buffer.from(favicon.slice(favicon.indexOf(',') + 1), 'base64')],
    ['editorWorkerService.js', editorWorkerService],
    ['json.js', jsonWorker],
    ['graphql.js', graphqlWorker],
    ['start.js', start],
  ]);
  const hash = createHash('sha256');
  for (const content of files.values()) hash.update(content);
  const path = `graphiql/${hash.digest('hex').slice(0, 16)}`;
  // A reader finds either all of the folder or nothing.
  const draft = `${folder}.${randomUUID()}`;
  await Promise.all([...files].map(([name, content]) => writeCompressed(join(draft, path, name), content)));
  // Relative to the page, /graphql, which may be below another path.
  writeFileSync(join(draft, 'index.html'), page(`graphql/${path}`));
  // A build leaves the folder there, empty.
  if (!existsSync(join(folder, 'index.html'))) rmSync(folder, { recursive: true, force: true });
  try {
    renameSync(draft, folder);
  } catch {
    // Another process was faster.
    rmSync(draft, { recursive: true });
  }
}

async function writeCompressed(path: string, content: string | Buffer): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  const [gz, br] = await Promise.all([
    promisify(gzip)(content, { level: 6 }),
    promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  ]);
  writeFileSync(`${path}.gz`, gz);
  writeFileSync(`${path}.br`, br);
}

/** The script that starts GraphiQL. It is a file, since the page's policy allows no script within the page. */
const start = `self.MonacoEnvironment = {
  globalAPI: false,
  getWorkerUrl: (_module, label) => new URL(label + '.js', document.querySelector('script[src]').src).href,
};
addEventListener('DOMContentLoaded', () =>
  YogaGraphiQL.renderYogaGraphiQL(document.querySelector('#root'), {
    ...${JSON.stringify(options)},
    endpoint: location.pathname,
  }),
);
`;

function page(path: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>${options.title}</title>
    <link rel="icon" href="${path}/favicon.ico" />
    <link rel="stylesheet" href="${path}/graphiql.css" />
    <script defer src="${path}/start.js"></script>
    <script defer src="${path}/graphiql.js"></script>
  </head>
  <body class="no-focus-outline">
    <noscript>GraphiQL needs JavaScript.</noscript>
    <div id="root"></div>
  </body>
</html>
`;
}
