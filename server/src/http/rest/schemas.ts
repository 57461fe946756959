import { z } from 'zod';

/*
 * What the REST API takes and gives. Names are in snake_case, as in the API that its clients come from; ids are strings,
 * the same ones as in GraphQL.
 */

const id = z.string().describe('An id, as in GraphQL');
const time = z.string().describe('RFC 3339, UTC');
const credits = z.number().int().describe('Whole credits');

export const conversation = z
  .object({
    id,
    title: z.string(),
    models: z.array(z.string()).describe('Ids of the models that the next prompt asks'),
    system_prompt: z.string().nullable(),
    pinned: z.boolean(),
    archived: z.boolean(),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Conversation' });

const file = z
  .object({
    id,
    name: z.string(),
    media_type: z.string(),
    bytes: z.number().int(),
    pages: z.number().int().nullable().describe('Null: it has no pages'),
  })
  .meta({ id: 'File' });

export const message = z
  .object({
    id: id.describe('The turn’s id of a prompt, the response’s of an answer'),
    role: z.enum(['user', 'assistant']),
    content: z.string().nullable().describe('Null if the answer failed, or is too long for this page'),
    files: z.array(file).describe('Of a prompt, in the order in which models were sent them'),
    provider: z.string().nullable().describe('Null for a prompt'),
    model: z.string().nullable().describe('The model that answered; null for a prompt'),
    status: z
      .string()
      .nullable()
      .describe('QUEUED, STREAMING, COMPLETED, FAILED, STOPPED or INTERRUPTED; null for a prompt'),
    error: z.string().nullable(),
    credits: credits.nullable().describe('Null for a prompt, and while the answer runs'),
    created_at: time,
  })
  .meta({ id: 'Message' });

export const conversationPage = z
  .object({
    conversations: z.array(conversation),
    next_cursor: z.string().nullable().describe('For the next page; null: this was the last one'),
  })
  .meta({ id: 'ConversationPage' });

export const conversationWithMessages = conversation
  .extend({
    messages: z
      .array(message)
      .describe(
        'Of the branch that was written in last, oldest first: each prompt, then the answers of all its models',
      ),
    earlier_cursor: z.string().nullable().describe('For the messages before these; null: there are none'),
  })
  .meta({ id: 'ConversationWithMessages' });

const modelNames = z.array(z.string().max(200)).min(1).max(50).describe('Names or ids of models');

export const newConversation = z
  .object({
    title: z.string().nullish(),
    models: modelNames.nullish().describe('Absent: the server’s default models'),
    system_prompt: z.string().nullish(),
  })
  .meta({ id: 'NewConversation' });

export const conversationChanges = newConversation
  .extend({
    models: modelNames.nullish().describe('Absent: they stay as they are'),
    pinned: z.boolean().nullish(),
    archived: z.boolean().nullish(),
  })
  .describe('What is absent stays as it is')
  .meta({ id: 'ConversationChanges' });

export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20).describe('Conversations on the page'),
  cursor: z.string().optional().describe('`next_cursor` of the page before'),
  archived: z.enum(['true', 'false']).optional().describe('Absent: both'),
});

export const messagesQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(50).describe('Prompts on the page'),
  before: z.string().optional().describe('`earlier_cursor` of the page after'),
});

export const prompt = z
  .object({
    prompt: z.string(),
    conversation_id: z.string().nullish().describe('Null: a new conversation'),
    models: modelNames.nullish().describe('Null: the conversation’s models, or the server’s default ones'),
    file_ids: z
      .array(z.string())
      .max(10)
      .nullish()
      .describe('Ids of your files, as `POST /files` gives them, in the order in which models are sent them'),
  })
  .meta({ id: 'Prompt' });

export const answers = z
  .object({
    conversation_id: id,
    user_message_id: id,
    responses: z.array(
      z.object({
        provider: z.string(),
        model: z.string().describe('The model that answered'),
        content: z.string().nullable().describe('Null if it failed before its first word'),
        error: z.string().nullable(),
        latency_ms: z.number().describe('From the prompt to the end of the answer'),
        credits,
      }),
    ),
  })
  .meta({ id: 'Answers' });

export const providerChat = z
  .object({
    messages: z
      .array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() }))
      .min(1)
      .describe('The conversation so far; it begins and ends with the user'),
  })
  .describe('Other fields, a model among them, are ignored: the server chooses the model')
  .meta({ id: 'ProviderChat' });

export const refusal = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      field: z.string().nullable().describe('The field that is wrong, if it is one'),
    }),
  })
  .meta({ id: 'Refusal' });
