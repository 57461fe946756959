import type { AnswerEncoder } from '../../delivery/answer-stream.ts';
import type { AnswerPiece } from '../../domain/following/answer-reader.ts';
import type { AnswerEnd, AnswerUnderWay } from '../../domain/following/answer-under-way.ts';
import { problemOfEnd } from '../calls/call-problem.ts';
import { IMAGE_HAS_NO_ROOM } from '../calls/ungiven-images.ts';
import type { ChatIdentity } from './chat-completion.ts';
import { chatAnnotations, chatFinishReason, chatImage, chatUsage, extraContent } from './chat-end.ts';
import { openAIError } from './openai-error.ts';

/**
 * Writes an answer as the chunks of a streamed chat completion. Most chunks differ from each other in a text only: all
 * that is around it is written once.
 */
export class ChatChunks implements AnswerEncoder {
  readonly ping = ': ping\n\n';
  readonly #answer: Pick<AnswerUnderWay, 'modelId' | 'reader'>;
  readonly #identity: ChatIdentity;
  readonly #includesUsage: boolean;
  /** The model that the chunks name: another one may yet take over until the answer has its first character. */
  #servedBy: string | null = null;
  /** A chunk up to its delta. */
  #head = '';
  #textHead = '';
  #reasoningHead = '';
  /** What follows a chunk's delta. */
  readonly #tail: string;
  /** What follows the text of a chunk's delta. */
  readonly #textTail: string;
  /** How many images were given. */
  #images = 0;
  /** The indexes of calls, by the parts that they are. */
  readonly #calls = new Map<number, number>();

  constructor(
    answer: Pick<AnswerUnderWay, 'modelId' | 'reader'>,
    identity: ChatIdentity,
    { includesUsage }: { includesUsage: boolean },
  ) {
    this.#answer = answer;
    this.#identity = identity;
    this.#includesUsage = includesUsage;
    this.#tail = this.#tailOf(null);
    this.#textTail = `}${this.#tail}`;
    this.#nameModel();
  }

  begin(): string {
    this.#nameModel();
    return this.#chunk({ role: 'assistant', content: '', refusal: null });
  }

  piece(piece: AnswerPiece): string {
    if (this.#servedBy !== this.#answer.reader.response.servedBy) this.#nameModel();
    switch (piece.type) {
      case 'text':
        return this.#textHead + JSON.stringify(piece.text) + this.#textTail;
      case 'reasoning':
        return this.#reasoningHead + JSON.stringify(piece.text) + this.#textTail;
      case 'image':
        if (!piece.image) return this.#textHead + JSON.stringify(IMAGE_HAS_NO_ROOM) + this.#textTail;
        return this.#chunk({ images: [chatImage(piece.image, this.#images++)] });
      case 'toolCall': {
        const index = this.#calls.size;
        this.#calls.set(piece.part, index);
        const { id, name, signature } = piece.call;
        const call = { index, id, type: 'function', function: { name, arguments: '' }, ...extraContent(signature) };
        return this.#chunk({ tool_calls: [call] });
      }
      case 'toolArguments':
        return this.#chunk({
          tool_calls: [{ index: this.#calls.get(piece.part) ?? 0, function: { arguments: piece.text } }],
        });
      case 'signature':
        // The protocol has no place for the proof of a thought that leads to no call.
        return '';
    }
  }

  /** A failure ends the stream without the mark of its end, so that no client takes the answer for a whole one. */
  end(end: AnswerEnd | null): string {
    this.#nameModel();
    const failure = problemOfEnd(end);
    if (failure || !end) return failure ? `data: ${JSON.stringify({ error: openAIError(failure) })}\n\n` : '';
    const annotations = chatAnnotations(end);
    const { refusal } = end.outcome;
    return [
      ...(refusal === null ? [] : [this.#chunk({ refusal })]),
      ...(annotations.length === 0 ? [] : [this.#chunk({ annotations })]),
      `${this.#head}{}${this.#tailOf(chatFinishReason(end))}`,
      ...(this.#includesUsage ? [`${this.#start()}"choices":[],"usage":${JSON.stringify(chatUsage(end))}}\n\n`] : []),
      'data: [DONE]\n\n',
    ].join('');
  }

  #nameModel(): void {
    this.#servedBy = this.#answer.reader.response.servedBy;
    this.#head = `${this.#start()}"choices":[{"index":0,"delta":`;
    this.#textHead = `${this.#head}{"content":`;
    this.#reasoningHead = `${this.#head}{"reasoning_content":`;
  }

  #start(): string {
    const { id, created } = this.#identity;
    const model = this.#servedBy ?? this.#answer.modelId;
    return `data: {"id":${JSON.stringify(id)},"object":"chat.completion.chunk","created":${created},"model":${JSON.stringify(model)},`;
  }

  #tailOf(reason: string | null): string {
    return `,"finish_reason":${JSON.stringify(reason)}}]${this.#includesUsage ? ',"usage":null' : ''}}\n\n`;
  }

  #chunk(delta: object): string {
    return this.#head + JSON.stringify(delta) + this.#tail;
  }
}
