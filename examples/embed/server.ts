import { createServer } from 'node:http';
import { createApp } from '@polylogue/server';

const { OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY } = process.env;
const port = Number(process.env.PORT ?? 4000);

const polylogue = await createApp({
  publicUrl: `http://localhost:${port}`,
  dataDir: process.env.DATA_DIR ?? 'data',
  providers: {
    openai: { apiKey: OPENAI_API_KEY },
    anthropic: { apiKey: ANTHROPIC_API_KEY },
    google: { apiKey: GEMINI_API_KEY },
  },
  tiers: { FREE: { name: 'Guest', promptsPerMinute: 10 } },
  logLevel: 'warn',
});

const server = createServer(async (request, response) => {
  // The program's own routes come first; the API answers its own paths, and calls back for all others.
  if (request.url === '/') return void response.end('The shop itself\n');
  if (request.url === '/models') return void response.end(await modelNames());
  polylogue.request(request, response, () => response.writeHead(404).end('Not found\n'));
});
server.on('upgrade', (request, socket, head) => polylogue.upgrade(request, socket, head));
server.listen(port, () => console.log(`Listening at http://localhost:${port}`));

/** Asks the API without a way through the network; the headers say who asks. */
async function modelNames(): Promise<string> {
  const answer = await polylogue.fetch(
    new Request(`http://localhost:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ models { name provider { configured } } }' }),
    }),
  );
  const { data } = (await answer.json()) as {
    data: { models: { name: string; provider: { configured: boolean } }[] };
  };
  const names = data.models.filter(({ provider }) => provider.configured).map(({ name }) => name);
  return `${names.join('\n')}\n`;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    // Running answers may finish, and readers are told their end, while the server still listens.
    await polylogue.close();
    server.close();
    server.closeAllConnections();
  });
}
