import { createServer, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { portOf } from '../setup/scripted.ts';

/** The models that call the calculator, and one that cannot call tools. */
export const callingModels = { reckoner: 'lab/reckoner', counter: 'lab/counter', mute: 'lab/mute' };

interface Message {
  role: string;
  content: unknown;
}

/**
 * Starts a provider whose models answer `calculate 3` with three calls of the calculator, one after the other, and then with
 * `I calculated 3 times.`; of `draw 1` they call the tool of that name. Each piece of a call comes after a pause. The counter
 * thinks aloud before each call, the longer the later.
 */
export async function startCallingModel({ pauseMs = 10 } = {}) {
  const provider = createServer(async (request, response) => {
    if (request.method !== 'POST') return response.end(JSON.stringify({ data: [{ id: 'reckoner' }] }));
    let body = '';
    for await (const chunk of request) body += chunk;
    const { model, messages, tools = [] } = JSON.parse(body);
    const names: string[] = tools.map((tool: { function: { name: string } }) => tool.function.name);
    await perform(messages, response, { pauseMs, aloud: model === 'counter', names });
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  return {
    catalogue: catalogueOf(portOf(provider)),
    close() {
      provider.closeAllConnections();
      provider.close();
    },
  };
}

const order = /(calculate|draw) (\d+)/;

async function perform(
  messages: readonly Message[],
  response: ServerResponse,
  { pauseMs, aloud, names }: { pauseMs: number; aloud: boolean; names: readonly string[] },
): Promise<void> {
  const asked = messages.findLastIndex(({ role, content }) => role === 'user' && order.test(told(content)));
  const [, verb = '', count = '0'] = order.exec(told(messages[asked]?.content)) ?? [];
  const wanted = Number(count);
  const name = names.find((one) => one.includes(verb === 'draw' ? 'draw' : 'calculator')) ?? 'calculator';
  const made = messages.slice(asked + 1).filter(({ role }) => role === 'tool').length;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (rest: object) =>
    response.write(`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, ...rest })}\n\n`);
  const say = (delta: object, finish_reason: string | null = null) =>
    send({ choices: [{ index: 0, delta, finish_reason }] });
  if (made < wanted) {
    const call = (rest: object) => ({ tool_calls: [{ index: 0, ...rest }] });
    if (aloud) say({ content: 'What is that once more? I had better ask. '.repeat(1 + 3 * made) });
    const id = `call-${made}-${Math.random().toString(36).slice(2)}`;
    say(call({ id, type: 'function', function: { name, arguments: '' } }));
    const pieces =
      verb === 'draw'
        ? ['{"subject":"a lighthouse in the fog, as seen from the quay', ' at night', '"}']
        : ['{"expression":', `"${made + 1}`, ' * 7"}'];
    for (const piece of pieces) {
      await delay(pauseMs);
      say(call({ function: { arguments: piece } }));
    }
    say({}, 'tool_calls');
  } else {
    say({ content: wanted === 0 ? 'Fine.' : `I calculated ${wanted} times.` });
    say({}, 'stop');
  }
  send({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } });
  response.end('data: [DONE]\n\n');
}

/** Lets the models of the next prompt call the calculator. */
export async function chooseCalculator(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Parameters/ }).click();
  await page.getByRole('checkbox', { name: /Calculator/ }).check();
  await page.keyboard.press('Escape');
  await page.getByText('May use Calculator.').waitFor();
}

function told(content: unknown): string {
  return typeof content === 'string' ? content : JSON.stringify(content ?? '');
}

function catalogueOf(port: number) {
  const model = {
    minimumTier: 'FREE',
    contextWindow: 1_000_000,
    maxOutputTokens: 64_000,
    inputPriceUsd: 1,
    outputPriceUsd: 1,
  };
  const baseURL = `http://127.0.0.1:${port}/v1`;
  return {
    providers: [{ id: 'lab', name: 'Lab', kind: 'openai-compatible', baseURL, apiKeyEnv: 'LAB_KEY' }],
    models: [
      { id: callingModels.reckoner, name: 'Reckoner', ...model },
      { id: callingModels.counter, name: 'Counter', ...model },
      { id: callingModels.mute, name: 'Mute', tools: false, ...model },
    ],
    tiers: { FREE: { promptsPerMinute: 600, modelsPerPrompt: 6, monthlyCredits: 9_000_000, maxOutputTokens: 32_000 } },
  };
}
