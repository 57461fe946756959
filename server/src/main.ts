import {
  addressOf,
  createAppOf,
  createHttpServer,
  listen,
  loadConfig,
  localServerLines,
  openParts,
  plainly,
} from './app.ts';

/** Starts the API alone, without the web app. */
async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const parts = await openParts(config);
  const app = await createAppOf(parts);
  const server = createHttpServer(config);
  server.on('request', (req, res) => app.request(req, res));
  server.on('upgrade', (req, socket, head) => app.upgrade(req, socket, head));
  const port = await listen(server, config);
  console.log(`The Polylogue API is at ${addressOf(config.host, port)}/graphql`);
  for (const line of localServerLines(parts.config)) console.log(line);

  let stopping = false;

  async function stop() {
    // The parent process may send both signals, and Ctrl-C reaches this process too.
    if (stopping) return;
    stopping = true;
    // The server listens on while the app closes: new prompts are told why they are refused, and answers can be read to
    // their end.
    await app.close();
    server.close();
    server.closeAllConnections();
    process.exit(0);
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
}

main().catch((error: unknown) => {
  console.error(plainly(error));
  process.exit(1);
});
