import { describe, expect, it } from 'vitest';
import { readResponseRequest } from '../../../../src/http/openai/responses/response-request.ts';
import { readThoughts, writeThoughts } from '../../../../src/http/openai/responses/thoughts.ts';
import { joinedName } from '../../../../src/http/openai/responses/tool-names.ts';

const user = (content: unknown) => ({ role: 'user', content });
const call = (id: string) => ({ type: 'function_call', call_id: id, name: 'look', arguments: '{"at":1}' });
const output = (id: string, said: unknown) => ({ type: 'function_call_output', call_id: id, output: said });
const text = (said: string) => ({ type: 'text', text: said });
const png = 'data:image/png;base64,iVBORw0KGgo=';

/** What the request says, as the domain is told it. */
function read(input: unknown, more: object = {}) {
  return readResponseRequest({ model: 'mock/swift', input, ...more }).input;
}

describe('the input of a response', () => {
  it('is a message of each side in turn, with all that the side said', () => {
    const given = [
      user('One'),
      user([
        { type: 'input_text', text: 'Two' },
        { type: 'input_text', text: 'Three' },
      ]),
      { role: 'assistant', content: [{ type: 'output_text', text: 'A', annotations: [] }] },
      { type: 'web_search_call', id: 'ws_1', status: 'completed' },
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'B' }] },
    ];
    expect(read(given).messages).toEqual([
      { role: 'user', parts: [text('One\n\nTwo\nThree')] },
      { role: 'assistant', parts: [text('A\n\nB')] },
    ]);
  });

  it('has what tools answered before all else that is said after their calls', () => {
    const seen = [{ type: 'input_image', image_url: png, detail: 'low' }];
    const given = [user('Look twice'), call('a'), call('b'), user('And?'), output('b', seen), output('a', '')];
    expect(read(given).messages.slice(1)).toEqual([
      {
        role: 'assistant',
        parts: ['a', 'b'].map((id) => ({ type: 'toolCall', id, name: 'look', arguments: '{"at":1}', signature: null })),
      },
      {
        role: 'user',
        parts: [
          {
            type: 'toolResult',
            callId: 'b',
            content: [{ type: 'file', mediaType: 'image/png', data: 'iVBORw0KGgo=', name: null, detail: 'low' }],
          },
          { type: 'toolResult', callId: 'a', content: [] },
          text('And?'),
        ],
      },
    ]);
  });

  it('has the calls of custom tools and of namespaces as the model knows them', () => {
    const given = [
      user('Go'),
      { type: 'custom_tool_call', call_id: 'a', name: 'patch', input: 'x "y"' },
      { type: 'custom_tool_call_output', call_id: 'a', output: 'done' },
      { ...call('b'), namespace: 'agents' },
      output('b', 'ok'),
    ];
    const calls = read(given).messages.flatMap(({ parts }) => parts.filter(({ type }) => type === 'toolCall'));
    expect(calls).toMatchObject([
      { name: 'patch', arguments: '{"input":"x \\"y\\""}' },
      { name: 'agents__look', arguments: '{"at":1}' },
    ]);
  });
});

describe('the name of a tool of a namespace', () => {
  it.each([
    [null, 'look', 'look'],
    ['agents', 'look', 'agents__look'],
    ['mcp__files__', 'look', 'mcp__files__look'],
  ])('is made of both (%s, %s)', (namespace, name, joined) => {
    expect(joinedName(namespace, name)).toBe(joined);
  });

  it('is one that every provider takes, and no other tool’s, however long or odd the namespace is', () => {
    const names = [joinedName('n'.repeat(100), 'a'), joinedName('n'.repeat(100), 'b'), joinedName('ö', 'a')];
    for (const name of [...names, joinedName('ü', 'a')]) expect(name).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(new Set([...names, joinedName('ü', 'a')]).size).toBe(4);
    expect(joinedName('n'.repeat(100), 'a')).toBe(names[0]);
  });
});

describe('thoughts in a form that can be sent back', () => {
  const thoughts = [
    { of: 'reasoning' as const, text: 'Hm. 夜', signature: 'proof', redacted: false },
    { of: 'call' as const, callId: 'a', signature: 'proof' },
  ];

  it('are read as they were written', () => {
    expect(readThoughts(writeThoughts(thoughts))).toEqual(thoughts);
  });

  it.each([
    ['of another server', 'gAAAAABo'],
    ['cut short', writeThoughts(thoughts).slice(0, -20)],
    ['of another shape', writeThoughts([{ of: 'call', callId: 7, signature: 'proof' } as never, null as never])],
    ['empty', ''],
  ])('are ignored if they are %s', (_what, content) => {
    expect(readThoughts(content)).toEqual([]);
  });
});
