import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GO_ON, type ModelMessage, type ModelTool, textMessage } from '../../../src/ports/language-model.ts';
import { exampleOf } from '../../../src/providers/mock/example.ts';
import { createMockModels } from '../../../src/providers/mock/mock.ts';
import { ask } from '../answers.ts';
import { callsIn, clock, image, toolTurn, weather, withTools } from './tool-calls.ts';

const model = createMockModels({ pace: Number.POSITIVE_INFINITY });

function prompt(content: string) {
  return { model: 'swift', messages: [textMessage('user', content)] };
}

describe('a mock model with tools', () => {
  it('calls the tool that the prompt names, with arguments that fit, in pieces', async () => {
    const answer = await ask(model, { ...prompt('Use get_weather for Paris.'), options: withTools() });
    const id = expect.stringMatching(/^call_[0-9a-f]{24}$/);
    expect(callsIn(answer.parts)).toEqual([
      { id, name: 'get_weather', arguments: '{"city":"Paris"}', signature: null },
    ]);
    expect(answer).toMatchObject({ text: '', finish: 'TOOL_CALLS', failure: null });
    expect(answer.parts.filter(({ type }) => type === 'toolArguments').length).toBeGreaterThan(1);
    expect(answer.usage?.outputTokens).toBe(Math.ceil('get_weather{"city":"Paris"}'.length / 4));
  });

  it('makes the same call again if it is asked the same, and another one if it is asked later', async () => {
    const asked = { ...prompt('get_time please'), options: withTools() };
    const first = await ask(model, asked);
    expect((await ask(model, asked)).parts).toEqual(first.parts);
    const later = { ...asked, messages: [...toolTurn(), textMessage('assistant', 'So.'), ...asked.messages] };
    expect(callsIn((await ask(model, later)).parts)[0]?.id).not.toBe(callsIn(first.parts)[0]?.id);
  });

  it('calls every tool that the prompt names, or the first one where only one may be called', async () => {
    const asked = prompt('Ask get_time and get_weather in Rome');
    const names = async (more: object) =>
      callsIn((await ask(model, { ...asked, options: withTools(more) })).parts).map(({ name }) => name);
    expect(await names({})).toEqual(['get_time', 'get_weather']);
    expect(await names({ parallelToolCalls: false })).toEqual(['get_time']);
  });

  it.each([
    ['Hello there', {}, []],
    ['Hello there', { toolChoice: 'auto' as const }, []],
    ['Hello there', { toolChoice: 'required' as const }, ['get_weather']],
    ['Use get_time', { toolChoice: 'required' as const }, ['get_time']],
    ['Use get_time', { toolChoice: 'none' as const }, []],
    ['Use get_time', { toolChoice: { name: 'get_weather' } }, ['get_weather']],
    ['Use get_times', {}, []],
  ])('asked "%s" with %j, calls %j', async (content, more, names) => {
    const { parts, text } = await ask(model, { ...prompt(content), options: withTools(more) });
    expect(callsIn(parts).map(({ name }) => name)).toEqual(names);
    expect(text === '').toBe(names.length > 0);
  });

  it('fails if it must call a tool that there is not', async () => {
    const { failure } = await ask(model, { ...prompt('Hi'), options: withTools({ toolChoice: { name: 'nope' } }) });
    expect(failure).toMatchObject({ code: 'INVALID_REQUEST', message: 'There is no tool "nope".' });
  });

  it('quotes the results of the tools, and calls no further one', async () => {
    const { text, finish } = await ask(model, { model: 'swift', messages: toolTurn(), options: withTools() });
    expect(text).toBe(
      'I see 1 image (image/png).\n\nThe tool get_weather answered: “21 degrees”.\n\nThe tool get_time failed: “No clock.”.',
    );
    expect(finish).toBe('STOP');
  });

  it('reasons before it calls, unless it is asked not to', async () => {
    const asked = { ...prompt('Use get_time'), model: 'thinker' };
    const { parts, reasoning } = await ask(model, { ...asked, options: withTools() });
    expect(reasoning).not.toBe('');
    expect(parts.findIndex(({ type }) => type === 'toolCall')).toBeGreaterThan(
      parts.findLastIndex(({ type }) => type === 'reasoning'),
    );
    const silent = await ask(model, { ...asked, options: withTools({ effort: 'none' }) });
    expect(silent.reasoning).toBe('');
    expect(callsIn(silent.parts)).toEqual(callsIn(parts));
  });

  it('ends with LENGTH in the middle of a call that is too long', async () => {
    const { finish, usage } = await ask(model, {
      ...prompt('Use get_weather for Llanfairpwllgwyngyll'),
      maxOutputTokens: 5,
      options: withTools(),
    });
    expect(finish).toBe('LENGTH');
    expect(usage?.outputTokens).toBeLessThanOrEqual(5);
  });
});

describe('a mock model with other options', () => {
  it('says which files it was given, before its usual answer', async () => {
    const pdf = { type: 'file', mediaType: 'application/pdf', data: 'JVBERg==', name: 'a.pdf' } as const;
    const text = { type: 'text', text: 'What is it?' } as const;
    const usual = (await ask(model, prompt('What is it?'))).text;
    const said = async (...parts: ModelMessage['parts']) =>
      (await ask(model, { model: 'swift', messages: [{ role: 'user', parts }] })).text;
    expect(await said(text, image)).toBe(`I see 1 image (image/png).\n\n${usual}`);
    expect(await said(image, pdf, image, text)).toBe(
      `I see 2 images (image/png) and 1 file (application/pdf).\n\n${usual}`,
    );
    const read = { type: 'text', text: '<file name="a.docx" pages="2">\nTides\n</file>' } as const;
    expect(await said(read, text)).toMatch(/^I see the text of a\.docx\.\n\n.*“What is it”/);
  });

  it('ends its answer before the first of the texts that stop it', async () => {
    const { text } = await ask(model, { ...prompt('Tell me of tides'), model: 'sage' });
    const stopped = await ask(model, {
      ...prompt('Tell me of tides'),
      model: 'sage',
      options: { stop: ['### How to', '| Term', 'nowhere', ''] },
    });
    expect(stopped.text).toBe(text.slice(0, text.indexOf('| Term')));
    expect(stopped.finish).toBe('STOP');
  });

  it('goes on with an answer that the request begins', async () => {
    const asked = prompt('Tell me of tides');
    const { text } = await ask(model, asked);
    const begun = textMessage('assistant', text.slice(0, 20));
    const rest = await ask(model, { ...asked, messages: [...asked.messages, begun] });
    expect(rest.text).toBe(text.slice(20));
    const continued = await ask(model, { ...asked, messages: [...asked.messages, begun, textMessage('user', GO_ON)] });
    expect(continued.text).toBe(text.slice(20));
  });

  it('answers in JSON if it is asked to', async () => {
    const usual = (await ask(model, prompt('Hello there'))).text;
    const { text } = await ask(model, { ...prompt('Hello there'), options: { format: { type: 'json' } } });
    expect(JSON.parse(text)).toEqual({ answer: usual });
  });

  it('answers in JSON that fits a schema', async () => {
    const schema = {
      type: 'object',
      properties: {
        from: { type: 'string' },
        to: { type: 'string' },
        class: { type: 'string', enum: ['first', 'second'] },
        seats: { type: 'integer' },
        note: { type: 'string' },
      },
      required: ['from', 'to', 'class', 'seats'],
    };
    const format = { type: 'schema', name: 'trip', description: null, schema } as const;
    const { text, finish } = await ask(model, { ...prompt('A train from Rome, Milan.'), options: { format } });
    expect(JSON.parse(text)).toEqual({ from: 'Rome', to: 'Milan', class: 'first', seats: 1 });
    expect(finish).toBe('STOP');
  });
});

describe('an example of a schema', () => {
  const words = ['one', 'two'];

  it.each<[object, unknown]>([
    [{ type: 'number', minimum: 5 }, 5],
    [{ type: 'number', maximum: 0.5 }, 0.5],
    [{ type: 'integer', exclusiveMinimum: 1 }, 2],
    [{ type: 'integer', multipleOf: 5, minimum: 7 }, 10],
    [{ type: 'boolean' }, true],
    [{ type: ['null', 'string'] }, 'two'],
    [{ type: 'null' }, null],
    [{ const: 7 }, 7],
    [{ type: 'string', maxLength: 1 }, 't'],
    [{ type: 'string', minLength: 5 }, 'two..'],
    [{ type: 'string', format: 'date' }, '2026-01-01'],
    [{ type: 'array', items: { type: 'string' }, minItems: 3 }, ['one', 'two', 'one']],
    [{ type: 'array', maxItems: 0 }, []],
    [{ anyOf: [{ type: 'null' }, { type: 'integer' }] }, 1],
    [{ allOf: [{ $ref: '#/$defs/a~1b' }], $defs: { 'a/b': { type: 'boolean' } } }, true],
    [
      { properties: { a: { type: 'integer' } }, required: ['a', 'b'] },
      { a: 1, b: 'two' },
    ],
    [{}, 'two'],
  ])('of %j is %j', (schema, example) => {
    expect(exampleOf({ ...schema }, words)).toEqual(example);
  });

  it('of a schema that asks for endlessly much is small', () => {
    const node = {
      type: 'object',
      properties: { next: { $ref: '#' }, other: { $ref: '#' } },
      required: ['next', 'other'],
    };
    const wide = { type: 'array', minItems: 1e9, items: { type: 'string', minLength: 1e9 } };
    expect(JSON.stringify(exampleOf(node, words)).length).toBeLessThan(20_000);
    expect(JSON.stringify(exampleOf(wide, words)).length).toBeLessThan(20_000);
    const long = {
      type: 'array',
      minItems: 8,
      items: { $ref: '#/$defs/long' },
      $defs: { long: { const: 'x'.repeat(30_000) } },
    };
    expect(JSON.stringify(exampleOf(long, words)).length).toBeLessThan(100_000);
    const named = { type: 'object', required: Array.from({ length: 500 }, (_, n) => `${n}`.padEnd(1000)) };
    expect(JSON.stringify(exampleOf(named, words)).length).toBeLessThan(100_000);
    expect(exampleOf({ $ref: '#' }, words)).toBe('two');
  });

  it('of any JSON in place of a schema is JSON', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('type', 'enum', 'items', 'required', 'anyOf', '$ref'), fc.jsonValue()),
        (schema) => {
          const tool: ModelTool = { ...clock, parameters: schema };
          expect(() => JSON.parse(JSON.stringify(exampleOf(tool.parameters ?? {}, words)))).not.toThrow();
        },
      ),
    );
  });

  it('of a tool has what the tool requires', () => {
    expect(exampleOf(weather.parameters ?? {}, [])).toEqual({ city: 'text' });
  });
});
