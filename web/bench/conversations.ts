import type { BrowserContext } from 'playwright-core';

/** The models that are asked, side by side. */
export const lanes = ['one', 'two', 'three', 'four'].map((name) => `lab/${name}`);

/** A word that one prompt alone has, in the middle of the long conversation. */
export const rareWord = 'zzyzx';

export interface Conversation {
  id: string;
  turnIds: string[];
}

/** A conversation of so many turns, all answered. The prompts tell the provider how to answer. */
export async function conversation(
  context: BrowserContext,
  { turns, lanes, prompt }: { turns: number; lanes: readonly string[]; prompt: string },
): Promise<Conversation> {
  const turnIds: string[] = [];
  let id = '';
  for (let turn = 0; turn < turns; turn += 1) {
    const words = turn === turns / 2 ? `${prompt} ${rareWord}` : prompt;
    const sent = await ask(context, { prompt: words, modelIds: lanes, ...parent(turnIds) });
    turnIds.push(sent.turn.id);
    id = sent.conversation.id;
    await answered(context, sent.turn.id);
  }
  return { id, turnIds };
}

/** Asks for answers that come at the provider's pace. */
export async function asked(context: BrowserContext): Promise<string> {
  return (await ask(context, { prompt: 'Take your time', modelIds: lanes })).conversation.id;
}

function parent(turnIds: readonly string[]): { parentTurnId?: string } {
  const last = turnIds.at(-1);
  return last === undefined ? {} : { parentTurnId: last };
}

interface Sent {
  turn: { id: string };
  conversation: { id: string };
}

async function ask(context: BrowserContext, input: object): Promise<Sent> {
  const send = `mutation ($input: SendPromptInput!) { sendPrompt(input: $input) { ... on SendPromptPayload {
    turn { id } conversation { id } } ... on Error { message } } }`;
  const { sendPrompt } = await graphql<{ sendPrompt: Sent & { message?: string } }>(context, send, { input });
  if (sendPrompt.message) throw new Error(sendPrompt.message);
  return sendPrompt;
}

async function answered(context: BrowserContext, id: string): Promise<void> {
  const look = 'query ($id: ID!) { node(id: $id) { ... on Turn { responses { status } } } }';
  for (;;) {
    const { node } = await graphql<{ node: { responses: { status: string }[] } }>(context, look, { id });
    if (node.responses.every(({ status }) => status === 'COMPLETED')) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function graphql<Data>(context: BrowserContext, query: string, variables: object): Promise<Data> {
  const response = await context.request.post('/graphql', { data: { query, variables } });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}
