import { expect } from 'vitest';
import type { LanguageModel, ModelMessage, ModelPart, ModelRequest } from '../../src/ports/language-model.ts';
import type { Tool, ToolRequest, ToolResult } from '../../src/ports/tool.ts';
import type { Client } from '../setup/app.ts';

/** What a model does in answer to a request: its parts, without the report and the end. */
export type Script = (request: ModelRequest, index: number) => readonly ModelPart[] | Promise<readonly ModelPart[]>;

/** A model whose steps a test writes, by the models' names. */
export interface Workshop {
  languageModel: LanguageModel;
  /** All requests so far. */
  readonly requests: ModelRequest[];
  /** Sets what a model does from now on, and forgets the requests. */
  script(model: string, script: Script): void;
}

const usage = {
  inputTokens: 100,
  cachedInputTokens: 0,
  cacheWriteInputTokens: 0,
  outputTokens: 10,
  reasoningTokens: 0,
};
/** What each request costs at the prices of `workshopCatalogue`. */
export const STEP_CREDITS = 100 * 1 + 10 * 2;

export function createWorkshop(): Workshop {
  const scripts = new Map<string, { script: Script; asked: number }>();
  const requests: ModelRequest[] = [];
  return {
    requests,
    script(model, script) {
      scripts.set(model, { script, asked: 0 });
      requests.length = 0;
    },
    languageModel: {
      listModels: async () => [],
      async stream(request, onPart) {
        requests.push(request);
        const scripted = scripts.get(request.model);
        const parts = scripted
          ? await scripted.script(request, scripted.asked++)
          : [{ type: 'text' as const, text: 'Yes.' }];
        request.signal.throwIfAborted();
        for (const part of parts) onPart(part);
        onPart({ type: 'usage', usage });
        const calls = parts.some(({ type }) => type === 'toolCall');
        onPart({ type: 'finish', reason: calls ? 'TOOL_CALLS' : 'STOP' });
      },
    },
  };
}

export const workshopCatalogue = {
  providers: [{ id: 'lab', name: 'Labelle', kind: 'openai-compatible', baseURL: 'http://127.0.0.1:9/v1' }],
  models: ['worker', 'helper', 'third'].map((name) => ({
    id: `lab/${name}`,
    name,
    minimumTier: 'FREE',
    contextWindow: 100_000,
    maxOutputTokens: 1000,
    inputPriceUsd: 1,
    outputPriceUsd: 2,
    ...(name === 'third' && { tools: false }),
  })),
  defaultModels: ['lab/worker'],
};

export const text = (said: string): ModelPart => ({ type: 'text', text: said });

/** The parts of a call, its arguments in two pieces. */
export function call(name: string, args: object, number = 0, signature: string | null = null): ModelPart[] {
  const json = JSON.stringify(args);
  return [
    { type: 'toolCall', call: number, id: `${name}_${number}`, name, signature },
    { type: 'toolArguments', call: number, text: json.slice(0, 3) },
    { type: 'toolArguments', call: number, text: json.slice(3) },
  ];
}

/** A tool that a test works. */
export interface WorkedTool extends Tool {
  readonly requests: ToolRequest[];
}

export function makeTool(
  name: string,
  work: (request: ToolRequest) => Promise<ToolResult> | ToolResult,
  { isReadOnly = true, parameters = null as Record<string, unknown> | null } = {},
): WorkedTool {
  const requests: ToolRequest[] = [];
  return {
    id: name,
    definition: { name, description: `Does ${name}.`, parameters },
    isReadOnly,
    requests,
    async call(request) {
      requests.push(request);
      return work(request);
    },
  };
}

export const told = (said: string, isError = false): ToolResult => ({
  content: [{ type: 'text', text: said }],
  isError,
});

/** The last message of a request. */
export function lastOf({ messages }: ModelRequest): ModelMessage {
  return messages.at(-1) as ModelMessage;
}

const callFields = 'id name toolId arguments result status durationMs creditsCharged';
const partFields = `__typename index ... on TextPart { text } ... on ReasoningPart { text } ... on ToolCallPart { ${callFields} }`;

export const workDocument = `query ($id: ID!) { node(id: $id) { ... on Turn {
  agentId toolIds maxCredits
  responses {
    id status text reasoning finishReason shortenedBy creditsHeld creditsCharged failure { code message }
    citations { url } usage { inputTokens outputTokens estimated } attempts { model { id } } servedBy { id }
    parts { ${partFields} }
  }
} } }`;

export interface Call {
  id: string;
  name: string;
  toolId: string | null;
  arguments: string;
  result: string | null;
  status: string;
  durationMs: number | null;
  creditsCharged: number | null;
}

export interface Worked {
  id: string;
  status: string;
  text: string;
  reasoning: string;
  servedBy: { id: string } | null;
  finishReason: string | null;
  shortenedBy: string | null;
  creditsHeld: number;
  creditsCharged: number | null;
  failure: { code: string; message: string } | null;
  citations: { url: string }[];
  usage: { inputTokens: number; outputTokens: number; estimated: boolean } | null;
  parts: ({ __typename: string; index: number; text?: string } & Partial<Call>)[];
}

/** The turn's responses as stored now. */
export async function worked(client: Client, turnId: string): Promise<Worked[]> {
  return (await client.gql(workDocument, { id: turnId })).node.responses;
}

export const callsOf = ({ parts }: Pick<Worked, 'parts'>): Call[] =>
  parts.filter(({ __typename }) => __typename === 'ToolCallPart') as unknown as Call[];

export const watchDocument = `subscription ($turnId: ID!, $resume: [ResumePoint!]) { streamResponse(turnId: $turnId, resume: $resume) {
  __typename responseId
  ... on ResponseStarted { attempt servedBy { id } }
  ... on TextDelta { offset text partIndex }
  ... on ReasoningDelta { offset text partIndex }
  ... on ToolCallChanged { part { index ${callFields} } }
  ... on ResponseFinished { response { status text } }
} }`;

// biome-ignore lint/suspicious/noExplicitAny: an event of whichever type
export type Event = any;

/** Follows a turn to its end. */
export async function watch(
  client: Client,
  turnId: string,
  onEvent: (event: Event) => void = () => {},
): Promise<Event[]> {
  const events: Event[] = [];
  for await (const { data, errors } of client.subscribe('sse', watchDocument, { turnId })) {
    expect(errors).toBeUndefined();
    events.push(data.streamResponse);
    onEvent(data.streamResponse);
  }
  return events;
}

export const receiptsDocument = `query { viewer { credits { balance held available entries(first: 50) { edges { node {
  kind amount receipt { credits steps { number kind model { id } toolId inputTokens outputTokens estimated credits durationMs } }
} } } } } }`;
