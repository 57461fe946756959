import type { Client } from '@urql/core';
import {
  ConversationDocument,
  type ConversationHeadFragment,
  CreateConversationDocument,
  DeleteConversationDocument,
  SendPromptDocument,
  type SendPromptInput,
  UpdateConversationDocument,
} from '../../graphql/generated/graphql.ts';
import type { Asking } from './asking.ts';
import { type SendError, type Sent, toSendError } from './failed-call.ts';

interface Prompt {
  /** The conversation it goes into; null: a new one. */
  head: ConversationHeadFragment | null;
  prompt: string;
  asking: Asking;
  place: Pick<SendPromptInput, 'parentTurnId' | 'atStart'>;
  /** The system prompt was changed before the prompt was sent. */
  onHead: (head: ConversationHeadFragment) => void;
}

/** Sends prompts to the API: each once, in a conversation that has their system prompt. */
export class PromptSender {
  readonly #client: Client;
  /** A conversation that was made for a prompt which has not arrived yet. */
  #unsent: ConversationHeadFragment | null = null;
  #attempt: { question: string; key: string } | null = null;
  #isSending = false;
  #isClosed = false;

  constructor(client: Client) {
    this.#client = client;
  }

  open(): void {
    this.#isClosed = false;
  }

  /** When the page goes. What is on its way is waited for; what is not is not left behind. */
  close(): void {
    this.#isClosed = true;
    if (!this.#isSending) void this.discardUnsent();
  }

  async send(prompt: Prompt): Promise<Sent | SendError> {
    this.#isSending = true;
    const outcome = await this.#ask(prompt).catch(toSendError);
    this.#isSending = false;
    if (outcome.__typename === 'SendPromptPayload') this.#unsent = null;
    // Who only lost the connection tries again, in the same conversation.
    else if (outcome.__typename !== 'Unreachable' || this.#isClosed) void this.discardUnsent();
    return outcome;
  }

  /** A conversation that nothing was said in is not left behind. */
  async discardUnsent(): Promise<void> {
    const unsent = this.#unsent;
    if (!unsent) return;
    this.#unsent = null;
    const { id } = unsent;
    // The prompt may have arrived although nothing came back.
    const { data } = await this.#client.query(ConversationDocument, { id, last: 1 }).toPromise();
    if (data?.conversation?.turns.edges.length !== 0) return;
    await this.#client.mutation(DeleteConversationDocument, { id }).toPromise();
  }

  async #ask({ prompt, asking, place, ...where }: Prompt): Promise<Sent | SendError> {
    const input: SendPromptInput = {
      conversationId: await this.#prepare(asking, where),
      ...place,
      prompt,
      modelIds: asking.modelIds,
      parameters: asking.parameters,
    };
    const question = JSON.stringify(input);
    // A retry of the same question carries the same key: should the first have arrived, it is not asked twice.
    if (this.#attempt?.question !== question) this.#attempt = { question, key: randomKey() };
    const { data, error } = await this.#client
      .mutation(SendPromptDocument, { input: { ...input, idempotencyKey: this.#attempt.key } })
      .toPromise();
    if (!data) throw error;
    this.#attempt = null;
    return data.sendPrompt;
  }

  /** The conversation that a prompt with a system prompt of its own needs before it can be sent. */
  async #prepare(asking: Asking, { head, onHead }: Pick<Prompt, 'head' | 'onHead'>): Promise<string | null> {
    const { systemPrompt, modelIds } = asking;
    const known = head ?? this.#unsent;
    if (known ? (known.systemPrompt ?? '') === systemPrompt : !systemPrompt) return known?.id ?? null;
    if (!known) {
      const { data, error } = await this.#client
        .mutation(CreateConversationDocument, { input: { systemPrompt, modelIds } })
        .toPromise();
      if (!data) throw error;
      this.#unsent = data.createConversation;
      return this.#unsent.id;
    }
    const input = { id: known.id, systemPrompt };
    const { data, error } = await this.#client.mutation(UpdateConversationDocument, { input }).toPromise();
    if (!data) throw error;
    if (head) onHead(data.updateConversation);
    else this.#unsent = data.updateConversation;
    return known.id;
  }
}

/** crypto.randomUUID is there in secure contexts only; a server on the local network is often plain http. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
