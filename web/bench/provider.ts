import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** How many tokens of each answer come in a second. */
export const TOKENS_A_SECOND = 90;

const paragraphs = [
  '## What moves the sea\n\nThe **moon** pulls the near side more than the far side; the *difference* is the tide. ',
  'Twice a day the water stands high, and `twice` it is low, later by about fifty minutes each day.\n\n',
  '| place | range | why |\n|---|---:|---|\n| Bay of Fundy | 16 m | a funnel |\n| Mediterranean | 0.3 m | a basin |\n\n',
  '```ts\nconst range = (high: number, low: number): number => high - low;\n```\n\n',
  '1. Spring tides come with the new and the full moon.\n2. Neap tides come with the half moons.\n\n',
];

/** An answer of about so many tokens, with a table, code and lists in it. */
function pieces(tokens: number): string[] {
  const words = paragraphs.join('').split(/(?<= |\n)/);
  return Array.from({ length: tokens }, (_, index) => words[index % words.length] as string);
}

/** A server that speaks OpenAI's protocol and writes all answers at one pace, or at once or in short where the prompt asks for that. */
export async function startProvider(): Promise<{ baseURL: string; close(): void }> {
  const server: Server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const { messages } = JSON.parse(body) as { messages: { content: unknown }[] };
      const asked = JSON.stringify(messages.at(-1));
      const isShort = asked.includes('in short');
      const quick = isShort || asked.includes('at once');
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const send = (delta: object, more = {}) =>
        response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta, ...more }] })}\n\n`);
      const began = performance.now();
      for (const [index, content] of pieces(isShort ? 40 : quick ? 1500 : TOKENS_A_SECOND * 14).entries()) {
        if (response.destroyed) return;
        send({ content });
        const due = began + (index / TOKENS_A_SECOND) * 1000;
        if (!quick && due > performance.now()) await delay(due - performance.now());
      }
      send({}, { finish_reason: 'stop' });
      response.end('data: [DONE]\n\n');
    })().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, close: () => server.close() };
}
