import type { IncomingMessage, ServerResponse } from 'node:http';
import { refuse } from '../anthropic/refusal.ts';
import { CallError, type CallProblem, problem } from '../calls/call-problem.ts';
import type { CallsOptions } from '../calls/call-request.ts';
import { recordOf } from '../request-record.ts';
import type { Route } from '../route.ts';
import { handleChatCompletions } from './chat-completions.ts';
import { handleModels, MODELS_PATH, speaksAnthropic } from './models.ts';
import { inOpenAIsWords, openAIError, refuseCall, sendJson } from './openai-error.ts';

/** OpenAI's API. The last route answers all of `/v1` that no route before it does. */
export function createOpenAIRoutes(calls: CallsOptions): Route[] {
  const route = (name: string, matches: Route['matches'], handle: typeof handleModels): Route => ({
    name,
    matches,
    handle: inOpenAIsWords((req, res) => handle(req, res, calls), refuseFor),
  });
  return [
    route('chat-completions', (path) => path === '/v1/chat/completions', handleChatCompletions),
    route('models', (path) => path === MODELS_PATH || path.startsWith(`${MODELS_PATH}/`), handleModels),
    route('embeddings', (path) => path === '/v1/embeddings', refuseEmbeddings),
    { ...route('v1', (path) => path === '/v1' || path.startsWith('/v1/'), refuseUnknown), isFallback: true },
  ];
}

/** The models have the same address in Anthropic's API. */
function refuseFor(req: IncomingMessage) {
  if (!speaksAnthropic(req)) return refuseCall;
  const { requestId } = recordOf(req);
  return (res: ServerResponse, refusal: CallProblem) => refuse(res, refusal, requestId);
}

/** The status is one after which the SDKs do not try again. */
async function refuseEmbeddings(_req: IncomingMessage, res: ServerResponse): Promise<void> {
  const refusal = problem('invalid', 'This server has no embeddings: its models only answer.');
  sendJson(res, refusal.status, { error: { ...openAIError(refusal), code: 'unsupported' } });
}

async function refuseUnknown({ method, url = '' }: IncomingMessage): Promise<void> {
  const path = url.split('?', 1)[0]?.slice(0, 200);
  throw new CallError(problem('missing', `There is no ${method} ${path} here.`));
}
