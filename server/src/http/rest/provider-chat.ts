import { type AnswerEncoder, firstNews, stopWhenGone, streamAnswer } from '../../delivery/answer-stream.ts';
import { eventStreamHeaders } from '../../delivery/event-stream-outbox.ts';
import type { Catalogue, Model } from '../../domain/catalogue/catalogue.ts';
import { defaultModelOf } from '../../domain/catalogue/model-names.ts';
import type { AnswerPiece } from '../../domain/following/answer-reader.ts';
import type { AnswerEnd, AnswerUnderWay } from '../../domain/following/answer-under-way.ts';
import { NotFoundError } from '../../domain/ground/errors.ts';
import type { ModelMessage } from '../../ports/language-model.ts';
import { isBlank } from '../calls/blank-text.ts';
import { CallError, invalid, problemOfEnd } from '../calls/call-problem.ts';
import { tellCreditsAtEnd, tellCreditsOfRefused } from '../calls/credits-told.ts';
import { IMAGE_HAS_NO_FORM } from '../calls/ungiven-images.ts';
import type { Operation } from './operation.ts';
import { providerOf } from './provider-names.ts';
import { providerChat } from './schemas.ts';

export const providerChatOperations: readonly Operation[] = [
  {
    method: 'POST',
    path: '/chat/{provider}',
    tag: 'Chat',
    summary: 'Stream an answer of a provider’s default model',
    description:
      'Server-sent events: `model` with the id of the model that serves (again, with the new one, after a fallback), `delta` with each piece of `content` or `reasoning`, then `done` with the reason, the usage and the credits, or `error`. Nothing is kept: send the whole conversation each time. A client that goes away stops the answer, and pays what was written.',
    scope: 'PROMPT',
    parameters: { provider: 'A provider’s id, or gpt, claude or gemini' },
    body: providerChat,
    answer: {
      status: 200,
      description: 'The events',
      schema: null,
      mediaType: 'text/event-stream',
      headers: {
        'X-Polylogue-Credits': { description: 'Credits charged; a trailer, after the events', type: 'integer' },
      },
    },
    refusals: [400, 402, 404, 502, 503, 504],
    example: { messages: [{ role: 'user', content: 'Hello!' }] },
    async handle({ res, viewer, parameters, body }, { prompts, offer }) {
      const model = defaultOf(offer.now.catalogue, parameters.provider ?? '');
      const answer = await prompts.call(viewer, {
        modelId: model.id,
        reasoning: true,
        ...conversationOf(body.messages),
      });
      stopWhenGone(res, answer);
      const news = await firstNews(answer);
      const failure = news === 'begun' ? null : problemOfEnd(news);
      if (failure) {
        answer.reader.close();
        if (news !== 'begun') tellCreditsOfRefused(res, news);
        throw new CallError(failure);
      }
      tellCreditsAtEnd(res, answer);
      res.writeHead(200, eventStreamHeaders);
      await streamAnswer(res, answer, new ProviderChatEncoder(answer));
    },
  },
];

function defaultOf(catalogue: Catalogue, named: string): Model {
  const provider = providerOf(catalogue, named);
  const model = provider && defaultModelOf(catalogue, provider.id);
  if (!model) throw new NotFoundError('provider');
  return model;
}

/** @throws CallError */
function conversationOf(sent: readonly { role: 'system' | 'user' | 'assistant'; content: string }[]) {
  const system = sent.flatMap(({ role, content }) => (role === 'system' ? [content] : [])).join('\n\n');
  const messages: ModelMessage[] = [];
  for (const { role, content } of sent) {
    if (role === 'system' || isBlank(content)) continue;
    const last = messages.at(-1);
    if (last?.role === role)
      messages[messages.length - 1] = { role, parts: [...last.parts, { type: 'text', text: `\n\n${content}` }] };
    else messages.push({ role, parts: [{ type: 'text', text: content }] });
  }
  if (messages[0]?.role !== 'user' || messages.at(-1)?.role !== 'user') {
    throw invalid('messages', 'The first message and the last one must be the user’s, with a text.');
  }
  return { system: system === '' ? null : system, messages };
}

class ProviderChatEncoder implements AnswerEncoder {
  readonly ping = ':\n\n';
  readonly #answer: AnswerUnderWay;
  #named: string | null = null;

  constructor(answer: AnswerUnderWay) {
    this.#answer = answer;
  }

  begin(): string {
    return this.#servingModel();
  }

  piece(piece: AnswerPiece): string {
    if (piece.type !== 'text' && piece.type !== 'reasoning' && piece.type !== 'image') return '';
    const field = piece.type === 'reasoning' ? 'reasoning' : 'content';
    const text = piece.type === 'image' ? IMAGE_HAS_NO_FORM : piece.text;
    return `${this.#servingModel()}event: delta\ndata: {"type":"delta","${field}":${JSON.stringify(text)}}\n\n`;
  }

  end(end: AnswerEnd | null): string {
    const failure = problemOfEnd(end);
    if (failure) return event('error', { error: { message: failure.message } });
    const { finishReason, usage, refusal } = (end as AnswerEnd).outcome;
    return (
      (refusal ? event('delta', { content: refusal }) : '') +
      event('done', {
        model: this.#answer.reader.response.servedBy,
        finish_reason: finishReason?.toLowerCase() ?? 'stopped',
        usage: usage && {
          input_tokens: usage.inputTokens + usage.cachedInputTokens + usage.cacheWriteInputTokens,
          output_tokens: usage.outputTokens + usage.reasoningTokens,
        },
        credits: (end as AnswerEnd).credits,
      })
    );
  }

  /** Names the serving model, wherever it is another one than was named before. */
  #servingModel(): string {
    const { servedBy } = this.#answer.reader.response;
    if (servedBy === null || servedBy === this.#named) return '';
    this.#named = servedBy;
    return event('model', { model: servedBy });
  }
}

function event(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}
