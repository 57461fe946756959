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
import { type Asking, agentOf, modelsOf, type Question } from './asking.ts';
import { type SendError, type Sent, toSendError } from './failed-call.ts';

interface Prompt {
  /** The prompt's conversation; null for a new one. */
  head: ConversationHeadFragment | null;
  question: Question;
  asking: Asking;
  place: Pick<SendPromptInput, 'parentTurnId' | 'atStart'>;
  /** Called when the conversation's system prompt was changed before the prompt is sent. */
  onHead: (head: ConversationHeadFragment) => void;
}

/** Sends prompts to the API, each once, in a conversation with the prompt's system prompt. */
export class PromptSender {
  readonly #client: Client;
  /** A conversation that was created for a prompt which has not arrived yet. */
  #unsent: ConversationHeadFragment | null = null;
  #attempt: { question: string; key: string } | null = null;
  #isSending = false;
  #isClosed = false;
  /** Whether a conversation that a prompt makes is a temporary one. */
  isTemporary = false;
  /** The folder in which a prompt makes a conversation, unless that is a temporary one; null: in none. */
  readonly #folderId: string | null;

  constructor(client: Client, folderId: string | null) {
    this.#client = client;
    this.#folderId = folderId;
  }

  open(): void {
    this.#isClosed = false;
  }

  /** To be called when the page goes. A prompt on its way is waited for. Without one, `discardUnsent` runs at once. */
  close(): void {
    this.#isClosed = true;
    if (!this.#isSending) void this.discardUnsent();
  }

  async send(prompt: Prompt): Promise<Sent | SendError> {
    this.#isSending = true;
    const outcome = await this.#ask(prompt).catch(toSendError);
    this.#isSending = false;
    if (outcome.__typename === 'SendPromptPayload') this.#unsent = null;
    // A member who only lost the connection may try again, in the same conversation.
    else if (outcome.__typename !== 'Unreachable' || this.#isClosed) void this.discardUnsent();
    return outcome;
  }

  /** Deletes the conversation that was created for a prompt which has not arrived. */
  async discardUnsent(): Promise<void> {
    const unsent = this.#unsent;
    if (!unsent) return;
    this.#unsent = null;
    const { id } = unsent;
    // The prompt may have arrived although no reply came.
    const { data } = await this.#client.query(ConversationDocument, { id, last: 1 }).toPromise();
    if (data?.conversation?.turns.edges.length !== 0) return;
    await this.#client.mutation(DeleteConversationDocument, { id }).toPromise();
  }

  async #ask({ question: { prompt, files }, asking, place, ...where }: Prompt): Promise<Sent | SendError> {
    const input: SendPromptInput = {
      conversationId: await this.#prepare(asking, where),
      ...place,
      prompt,
      ...(this.isTemporary && { temporary: true }),
      ...modelsOf(asking),
      ...agentOf(asking),
      ...(files.length > 0 && { fileIds: files.map(({ id }) => id) }),
      parameters: asking.parameters,
      ...(asking.historyFrom !== undefined && { historyFrom: asking.historyFrom }),
      ...(asking.payerId !== undefined && { payerId: asking.payerId }),
    };
    const question = JSON.stringify(input);
    // A retry of the same question carries the same key: if the first one has arrived, the models are not asked twice.
    if (this.#attempt?.question !== question) this.#attempt = { question, key: randomKey() };
    const { data, error } = await this.#client
      .mutation(SendPromptDocument, { input: { ...input, idempotencyKey: this.#attempt.key } })
      .toPromise();
    if (!data) throw error;
    this.#attempt = null;
    return data.sendPrompt;
  }

  /** The conversation to send in, created or changed to have the prompt's system prompt; null for a new one without any, in no folder. */
  async #prepare(asking: Asking, { head, onHead }: Pick<Prompt, 'head' | 'onHead'>): Promise<string | null> {
    const { systemPrompt, modelIds } = asking;
    const known = head ?? this.#unsent;
    const folderId = this.isTemporary ? null : this.#folderId;
    if (known ? (known.systemPrompt ?? '') === systemPrompt : !systemPrompt && folderId === null)
      return known?.id ?? null;
    if (!known) {
      const input = {
        systemPrompt,
        ...(modelIds.length > 0 && { modelIds }),
        ...(this.isTemporary && { temporary: true }),
        ...(folderId !== null && { folderId }),
      };
      const { data, error } = await this.#client.mutation(CreateConversationDocument, { input }).toPromise();
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

/** A random key. crypto.randomUUID exists in secure contexts only, and a server on the local network is often plain http. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
