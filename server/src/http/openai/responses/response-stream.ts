import type { AnswerEncoder } from '../../../delivery/answer-stream.ts';
import type { AnswerPiece } from '../../../domain/following/answer-reader.ts';
import type { AnswerEnd } from '../../../domain/following/answer-under-way.ts';
import { type ApiResponse, begunResponse, type Described, endedResponse } from './response-object.ts';
import { type OutputOptions, ResponseOutput } from './response-output.ts';

export interface StreamOptions extends Omit<OutputOptions, 'emit'> {
  described: Described;
  /** The model that writes, as far as that is known. */
  modelId(): string;
}

/** Writes an answer as the events of a response. */
export class ResponseStreamEncoder implements AnswerEncoder {
  /** A comment. */
  readonly ping = ': ping\n\n';
  readonly #options: StreamOptions;
  readonly #output: ResponseOutput;
  #number = 0;
  #written = '';

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#output = new ResponseOutput({ ...options, emit: (event) => this.#write(event) });
  }

  begin(): string {
    const { described, modelId } = this.#options;
    const response = begunResponse(described, modelId());
    this.#write({ type: 'response.created', response });
    this.#write({ type: 'response.in_progress', response });
    return this.#take();
  }

  piece(piece: AnswerPiece): string {
    this.#output.take(piece);
    return this.#take();
  }

  end(end: AnswerEnd | null): string {
    const { described, modelId } = this.#options;
    this.#output.end(end);
    const response = endedResponse(described, modelId(), { end, output: this.#output.items });
    this.#write({ type: endings[response.status ?? 'failed'] ?? 'response.completed', response });
    return this.#take();
  }

  #write(event: { type: string; response?: ApiResponse }): void {
    const numbered = { ...event, sequence_number: this.#number++ };
    this.#written += `event: ${event.type}\ndata: ${JSON.stringify(numbered)}\n\n`;
  }

  #take(): string {
    const written = this.#written;
    this.#written = '';
    return written;
  }
}

const endings: Partial<Record<NonNullable<ApiResponse['status']>, string>> = {
  completed: 'response.completed',
  incomplete: 'response.incomplete',
  failed: 'response.failed',
};
