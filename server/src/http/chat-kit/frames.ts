import type { AnswerEncoder } from '../../delivery/answer-stream.ts';
import type { AnswerPiece } from '../../domain/following/answer-reader.ts';
import type { AnswerEnd } from '../../domain/following/answer-under-way.ts';
import { problemOfEnd } from '../calls/call-problem.ts';

/** ai-chat-kit's names of providers, where they are not ours. */
const providerNames: Readonly<Record<string, string>> = { google: 'gemini' };

/** Writes an answer as ai-chat-kit's events: `token` for each piece of text, then `done` or `error`. */
export class ChatKitFrames implements AnswerEncoder {
  readonly ping = ': ping\n\n';
  readonly #conversationId: string;
  /** The model that was asked. */
  readonly #modelId: string;
  #content = '';

  constructor({ conversationId, modelId }: { conversationId: string; modelId: string }) {
    this.#conversationId = conversationId;
    this.#modelId = modelId;
  }

  begin(): string {
    return '';
  }

  piece(piece: AnswerPiece): string {
    if (piece.type !== 'text') return '';
    this.#content += piece.text;
    return tokenFrame(piece.text);
  }

  end(end: AnswerEnd | null): string {
    const failure = problemOfEnd(end);
    if (failure || !end) return errorFrame(failure?.message ?? '');
    const { refusal, servedBy, usage } = end.outcome;
    const tokens = usage ? usage.outputTokens + usage.reasoningTokens : 0;
    // A model that refuses says so beside its text, which the protocol has no place for.
    const refused = this.#content === '' && refusal !== null ? refusal : '';
    const done = frame('done', {
      type: 'done',
      message: { role: 'assistant', content: this.#content || refused },
      provider: providerOf(servedBy?.id ?? this.#modelId),
      usage: { tokens: Math.max(1, tokens), credits: end.credits },
      conversationId: this.#conversationId,
    });
    return refused === '' ? done : tokenFrame(refused) + done;
  }
}

/** `<provider>:<model>` */
function providerOf(modelId: string): string {
  const [provider = '', ...name] = modelId.split('/');
  return `${providerNames[provider] ?? provider}:${name.join('/')}`;
}

function tokenFrame(token: string): string {
  return frame('token', { type: 'token', token });
}

export function errorFrame(message: string): string {
  return frame('error', { type: 'error', error: { message } });
}

function frame(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
