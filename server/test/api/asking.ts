import { expect } from 'vitest';
import type { Client, Subscription, Transport } from '../setup/app.ts';

/** The requests that tests make most often: send a prompt, follow it, read the outcome. */

const responseFields = `
  id lane status text reasoning refusal finishReason creditsHeld creditsCharged firstTokenMs durationMs finishedAt
  model { id } servedBy { id } citations { url title } failure { code message retryable }
  usage { inputTokens cachedInputTokens outputTokens reasoningTokens estimated }
  attempts { model { id } failure { code message } durationMs startedAt }`;

export const sendDocument = `mutation Send($input: SendPromptInput!) {
  sendPrompt(input: $input) { ...Result }
}
${resultFragment()}`;

export const regenerateDocument = `mutation Regenerate($responseId: ID!, $modelId: ID) {
  regenerateResponse(responseId: $responseId, modelId: $modelId) { ...Result }
}
${resultFragment()}`;

export const continueDocument = `mutation Continue($responseId: ID!) {
  continueResponse(responseId: $responseId) { ...Result }
}
${resultFragment()}`;

function resultFragment() {
  return `fragment Result on SendPromptResult {
    __typename
    ... on Error { message }
    ... on InvalidInputError { field }
    ... on ModelUnavailableError { modelId }
    ... on TierLimitError { requiredTier missingModelId }
    ... on RateLimitError { retryAfterSeconds rateLimit }
    ... on InsufficientCreditsError { required available creditLimit }
    ... on SendPromptPayload {
      turn { id prompt parent { id } responses { id lane status model { id } } }
      conversation { id title models { id } }
    }
  }`;
}

export interface PromptInput {
  prompt: string;
  conversationId?: string;
  parentTurnId?: string;
  atStart?: boolean;
  modelIds?: string[];
  parameters?: { temperature?: number; topP?: number; maxOutputTokens?: number };
  idempotencyKey?: string;
  payerId?: string;
  historyFrom?: string;
  blind?: boolean;
  fileIds?: string[];
  drawCount?: number;
  merge?: { modelId?: string; mode?: string; instruction?: string };
}

export interface Asked {
  turn: { id: string; responses: { id: string; lane: number; status: string; model: { id: string } }[] };
  conversation: { id: string; title: string; models: { id: string }[] };
}

/** Returns the mutation's result, whichever member of the union it is. */
export async function send(client: Client, input: PromptInput) {
  return (await client.gql(sendDocument, { input })).sendPrompt;
}

/** Sends a prompt and expects it to be taken. */
export async function ask(client: Client, input: PromptInput): Promise<Asked> {
  const result = await send(client, input);
  expect(result).toMatchObject({ __typename: 'SendPromptPayload' });
  return result;
}

/** Sends a prompt and follows its answers to the end. */
export async function converse(client: Client, input: PromptInput): Promise<Asked> {
  const asked = await ask(client, input);
  await follow(client, asked.turn.id);
  return asked;
}

export async function regenerate(client: Client, responseId: string, modelId?: string): Promise<Asked> {
  const { regenerateResponse } = await client.gql(regenerateDocument, { responseId, modelId });
  expect(regenerateResponse).toMatchObject({ __typename: 'SendPromptPayload' });
  await follow(client, regenerateResponse.turn.id);
  return regenerateResponse;
}

/** Continues a cut-off answer and follows it to the end. */
export async function continueResponse(client: Client, responseId: string): Promise<Asked> {
  const { continueResponse: result } = await client.gql(continueDocument, { responseId });
  expect(result).toMatchObject({ __typename: 'SendPromptPayload' });
  await follow(client, result.turn.id);
  return result;
}

export async function choose(client: Client, responseId: string, { laneOnly = false } = {}): Promise<void> {
  const document = `mutation ($responseId: ID!, $laneOnly: Boolean!) {
    chooseResponse(responseId: $responseId, laneOnly: $laneOnly) { id }
  }`;
  await client.gql(document, { responseId, laneOnly });
}

export const followDocument = `subscription Follow($turnId: ID!, $resume: [ResumePoint!]) {
  streamResponse(turnId: $turnId, resume: $resume) {
    __typename
    responseId
    ... on ResponseStarted { servedBy { id } attempt }
    ... on TextDelta { modelId offset text outputTokens }
    ... on ReasoningDelta { modelId offset text }
    ... on ResponseFellBack { from { id } to { id } failure { code } }
    ... on ResponseFinished { response { ${responseFields} } }
  }
}`;

/** What one reader has received of a turn, over one connection or over several that resume each other. */
export class Reading {
  /** By response id. */
  readonly texts = new Map<string, { text: string; reasoning: string }>();
  readonly events: { __typename: string; responseId: string }[] = [];
  readonly finished = new Map<string, Stored>();

  // biome-ignore lint/suspicious/noExplicitAny: an event of whichever type
  take(event: any): void {
    this.events.push(event);
    const { __typename, responseId, offset, text } = event;
    const read = this.texts.get(responseId) ?? { text: '', reasoning: '' };
    this.texts.set(responseId, read);
    if (__typename === 'TextDelta' || __typename === 'ReasoningDelta') {
      const part = __typename === 'TextDelta' ? 'text' : 'reasoning';
      expect(offset).toBe(read[part].length);
      expect(text).not.toBe('');
      read[part] += text;
    }
    if (__typename === 'ResponseFinished') this.finished.set(responseId, event.response);
  }

  get resume() {
    return [...this.texts].map(([responseId, { text, reasoning }]) => ({
      responseId,
      textOffset: text.length,
      reasoningOffset: reasoning.length,
    }));
  }

  typesOf(responseId: string): string[] {
    return this.events.filter((event) => event.responseId === responseId).map(({ __typename }) => __typename);
  }
}

/** Follows a turn to the end of its subscription, from the reading's offsets on. */
export async function follow(
  client: Client,
  turnId: string,
  { over = 'sse', reading = new Reading() }: { over?: Transport; reading?: Reading } = {},
): Promise<Reading> {
  const { resume } = reading;
  await take(client.subscribe(over, followDocument, { turnId, resume }), reading);
  return reading;
}

export async function take(subscription: Subscription, reading: Reading): Promise<void> {
  for await (const { data, errors } of subscription) {
    expect(errors).toBeUndefined();
    reading.take(data.streamResponse);
  }
}

export interface Stored {
  id: string;
  lane: number;
  status: string;
  text: string;
  reasoning: string;
  refusal: string | null;
  finishReason: string | null;
  creditsHeld: number;
  creditsCharged: number | null;
  firstTokenMs: number | null;
  durationMs: number | null;
  finishedAt: string | null;
  model: { id: string };
  servedBy: { id: string } | null;
  citations: { url: string; title: string | null }[];
  failure: { code: string; message: string; retryable: boolean } | null;
  usage: {
    inputTokens: number;
    cachedInputTokens: number;
    outputTokens: number;
    reasoningTokens: number;
    estimated: boolean;
  } | null;
  attempts: { model: { id: string }; failure: { code: string } | null }[];
}

/** The turn's responses as stored now. */
export async function storedResponses(client: Client, turnId: string, superseded = false): Promise<Stored[]> {
  const { node } = await client.gql(
    `query ($id: ID!, $superseded: Boolean!) {
      node(id: $id) { ... on Turn { responses(superseded: $superseded) { ${responseFields} } } }
    }`,
    { id: turnId, superseded },
  );
  return node.responses;
}

/** One response as stored now. Several huge responses exceed the limit of one API answer. */
export async function storedResponse(client: Client, id: string): Promise<Stored> {
  return (await client.gql(`query ($id: ID!) { node(id: $id) { ... on Response { ${responseFields} } } }`, { id }))
    .node;
}

export interface Account {
  balance: number;
  held: number;
  available: number;
  entries: { kind: string; amount: number; balanceAfter: number }[];
}

/** The credit account with its whole ledger, oldest entry first. */
export async function accountOf(client: Client): Promise<Account> {
  const entries: Account['entries'] = [];
  for (let after: string | null = null; ; ) {
    const { viewer } = await client.gql(
      `query ($after: String) { viewer { credits {
        balance held available
        entries(first: 100, after: $after) { edges { node { kind amount balanceAfter } } pageInfo { hasNextPage endCursor } }
      } } }`,
      { after },
    );
    const { entries: page, ...account } = viewer.credits;
    entries.push(...page.edges.map(({ node }: { node: Account['entries'][number] }) => node));
    if (!page.pageInfo.hasNextPage) return { ...account, entries: entries.reverse() };
    after = page.pageInfo.endCursor;
  }
}

/** Expects that nothing is held any more and that the ledger adds up to the balance. */
export async function expectSettled(client: Client): Promise<Account> {
  const account = await accountOf(client);
  expect(account.held).toBe(0);
  expect(account.entries.reduce((sum, { amount }) => sum + amount, 0)).toBe(account.balance);
  return account;
}
