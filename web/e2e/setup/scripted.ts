import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** The answer of the scripted model to a prompt with the script's name. */
export interface Script {
  text: string;
  /** The length of the pieces in characters: of all pieces, or of one after the other, over again. */
  pieceLength?: number | readonly number[];
  /** Milliseconds between two pieces. */
  pauseMs?: number;
  citations?: string[];
}

export const scriptedModel = 'scripted/reader';

export interface ScriptedProvider {
  port: number;
  /** Replaces all scripts. */
  play(scripts: Record<string, Script>): void;
  close(): void;
}

/** Starts a provider that answers a prompt with the script of that name, and any other one with the script `otherwise`. */
export async function startProvider(): Promise<ScriptedProvider> {
  let scripts: Record<string, Script> = {};
  const provider = createServer(async (request, response) => {
    if (request.method !== 'POST') return response.end(JSON.stringify({ data: [{ id: 'reader' }] }));
    let body = '';
    for await (const chunk of request) body += chunk;
    const { content } = JSON.parse(body).messages.at(-1);
    await perform(scripts[content] ?? scripts.otherwise ?? { text: 'There is no such script.' }, response);
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  return {
    port: portOf(provider),
    play(others) {
      scripts = others;
    },
    close() {
      provider.closeAllConnections();
      provider.close();
    },
  };
}

/** The settings of a server with the scripted model only. */
export function scriptedSettings(providerPort: number) {
  return {
    settings: { SCRIPTED_KEY: 'none', MOCK_PROVIDER: 'off', SIGN_UP: 'open' },
    catalogue: catalogueOf(providerPort),
  };
}

async function perform(
  { text, pieceLength = 200, pauseMs = 16, citations }: Script,
  response: ServerResponse,
): Promise<void> {
  const send = (rest: object) =>
    response.write(`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, ...rest })}\n\n`);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const lengths = typeof pieceLength === 'number' ? [pieceLength] : pieceLength;
  for (let start = 0, piece = 0; start < text.length && !response.destroyed; piece += 1) {
    const content = text.slice(start, start + (lengths[piece % lengths.length] ?? 1));
    start += content.length;
    send({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });
    await delay(pauseMs);
  }
  send({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], citations });
  send({ choices: [], usage: { prompt_tokens: 1, completion_tokens: Math.ceil(text.length / 4), total_tokens: 1 } });
  response.end('data: [DONE]\n\n');
}

function catalogueOf(providerPort: number) {
  const baseURL = `http://127.0.0.1:${providerPort}/v1`;
  const model = {
    minimumTier: 'FREE',
    contextWindow: 1_000_000,
    maxOutputTokens: 64_000,
    inputPriceUsd: 0,
    outputPriceUsd: 0,
  };
  return {
    providers: [{ id: 'scripted', name: 'Scripted', kind: 'openai-compatible', baseURL, apiKeyEnv: 'SCRIPTED_KEY' }],
    models: [{ id: scriptedModel, name: 'Reader', ...model }],
    tiers: { FREE: { promptsPerMinute: 600, modelsPerPrompt: 6, monthlyCredits: 2_500_000, maxOutputTokens: 32_000 } },
  };
}

export function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}
