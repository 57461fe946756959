import { stopWhenGone } from '../../delivery/answer-stream.ts';
import { providerIdOf } from '../../domain/catalogue/catalogue.ts';
import type { AnswerEnd, AnswerUnderWay } from '../../domain/following/answer-under-way.ts';
import { NotFoundError } from '../../domain/ground/errors.ts';
import { encodeGlobalId, parseGlobalId } from '../../domain/ground/global-ids.ts';
import { problemOfEnd } from '../calls/call-problem.ts';
import { keptHeaders, requireConversationId } from '../calls/kept-call.ts';
import { unnamedModels } from '../calls/unnamed-models.ts';
import { type Operation, sendJson } from './operation.ts';
import { modelIdsOf } from './provider-names.ts';
import { answers, prompt } from './schemas.ts';

export const chatOperations: readonly Operation[] = [
  {
    method: 'POST',
    path: '/api/v1/chat',
    tag: 'Chat',
    summary: 'Ask several models, and wait for all of their answers',
    description:
      'Every model is asked at the same time. One that fails has its `error`; the others are not the worse for it. A client that goes away stops the answers, and what was written by then stays and is paid.',
    scope: 'PROMPT',
    body: prompt,
    answer: {
      status: 200,
      description: 'The answers, in the order of the models',
      schema: answers,
      headers: {
        'X-Polylogue-Credits': { description: 'Credits charged for all of the answers', type: 'integer' },
        'X-Polylogue-Conversation': { description: 'The conversation’s id', type: 'string' },
        'X-Polylogue-Turn': { description: 'The id of the prompt with its answers', type: 'string' },
      },
    },
    refusals: [400, 402, 404, 503],
    example: { prompt: 'What is the capital of France?', conversation_id: null, models: null },
    async handle({ res, viewer, body }, options) {
      const { prompts, offer } = options;
      const conversationId = body.conversation_id == null ? null : requireConversationId(body.conversation_id);
      const asked = await prompts.ask(viewer, {
        prompt: body.prompt,
        fileIds: body.file_ids?.map(requireFileId) ?? null,
        conversationId,
        modelIds:
          body.models != null
            ? modelIdsOf(offer.now.catalogue, body.models)
            : conversationId === null
              ? await unnamedModels(options, viewer)
              : null,
      });
      for (const answer of asked.answers) stopWhenGone(res, answer);
      // Nothing is written until the models have ended, which they must within limits of their own.
      res.setTimeout(0);
      const ends = await Promise.all(asked.answers.map(async (answer) => toResponse(answer, await answer.ended)));
      for (const [name, value] of Object.entries(keptHeaders(asked))) res.setHeader(name, value);
      res.setHeader('X-Polylogue-Credits', String(ends.reduce((sum, { credits }) => sum + credits, 0)));
      sendJson(res, 200, {
        conversation_id: encodeGlobalId('Conversation', asked.turn.conversation_id),
        user_message_id: encodeGlobalId('Turn', asked.turn.id),
        responses: ends,
      });
    },
  },
];

/** @throws NotFoundError */
function requireFileId(named: string): string {
  const id = parseGlobalId(named);
  if (id?.typename !== 'File') throw new NotFoundError('file');
  return id.id;
}

function toResponse({ modelId, reader }: AnswerUnderWay, end: AnswerEnd | null) {
  reader.close();
  const model = end?.outcome.servedBy?.id ?? modelId;
  const failure = problemOfEnd(end);
  const { text = '', refusal = null, durationMs = 0 } = end?.outcome ?? {};
  const content = text === '' && refusal !== null ? refusal : text;
  return {
    provider: providerIdOf(model),
    model,
    content: failure && content === '' ? null : content,
    error: failure?.message ?? null,
    latency_ms: durationMs,
    credits: end?.credits ?? 0,
  };
}
