import type { CallOptions, ModelMessage, ModelPart, ModelTool } from '../../../src/ports/language-model.ts';

export interface SeenCall {
  id: string;
  name: string;
  /** The pieces, joined. */
  arguments: string;
  signature: string | null;
}

/** The calls of an answer, in the order in which they began. */
export function callsIn(parts: readonly ModelPart[]): SeenCall[] {
  const calls: SeenCall[] = [];
  for (const part of parts) {
    if (part.type === 'toolCall') {
      calls[part.call] = { id: part.id, name: part.name, arguments: '', signature: part.signature };
    }
    const call = part.type === 'toolArguments' ? calls[part.call] : undefined;
    if (call && part.type === 'toolArguments') call.arguments += part.text;
  }
  return calls;
}

export const weather: ModelTool = {
  name: 'get_weather',
  description: 'Tells the weather.',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1 } },
    required: ['city'],
  },
};

export const clock: ModelTool = { name: 'get_time', description: null, parameters: null };

/** The smallest PNG. */
export const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

export const image = { type: 'file', mediaType: 'image/png', data: png, name: null } as const;

/** A prompt, the calls of two tools, and their results. */
export function toolTurn(): ModelMessage[] {
  return [
    { role: 'user', parts: [{ type: 'text', text: 'Weather and time in Paris?' }] },
    {
      role: 'assistant',
      parts: [
        { type: 'text', text: 'Let me look.' },
        { type: 'toolCall', id: 'call_1', name: 'get_weather', arguments: '{"city":"Paris"}' },
        { type: 'toolCall', id: 'call_2', name: 'get_time', arguments: '' },
      ],
    },
    {
      role: 'user',
      parts: [
        { type: 'toolResult', callId: 'call_1', content: [{ type: 'text', text: '21 degrees' }, image] },
        { type: 'toolResult', callId: 'call_2', content: [{ type: 'text', text: 'No clock.' }], isError: true },
      ],
    },
  ];
}

export function withTools(more: CallOptions = {}): CallOptions {
  return { tools: [weather, clock], ...more };
}
