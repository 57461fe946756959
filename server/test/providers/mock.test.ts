import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GO_ON, textMessage } from '../../src/ports/language-model.ts';
import { createMockModels, mockModels } from '../../src/providers/mock/mock.ts';
import { ask, modelRequest } from './answers.ts';

const model = createMockModels({ pace: Number.POSITIVE_INFINITY });
const names = mockModels.map(({ name }) => name);
const talkers = names.filter((name) => name !== 'faulty');

function prompt(content: string) {
  return { messages: [textMessage('user', content)] };
}

describe('the mock models', () => {
  it.each(talkers)('%s gives the same answer to the same messages, in the same pieces', async (name) => {
    const first = await ask(model, { model: name, ...prompt('How do tides work?') });
    const second = await ask(model, { model: name, ...prompt('How do tides work?') });
    expect(first).toMatchObject({ finish: 'STOP', failure: null });
    expect(second.parts).toEqual(first.parts);
  });

  it.each(talkers)('%s answers with a word of the prompt', async (name) => {
    expect((await ask(model, { model: name, ...prompt('Why is the harbour frozen?') })).text).toContain('harbour');
  });

  it.each(talkers)('%s answers any prompt within its limit, and counts the tokens', async (name) => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.integer({ min: 1, max: 60 }),
        async (content, limit) => {
          const { usage, finish, text } = await ask(model, { model: name, maxOutputTokens: limit, ...prompt(content) });
          const output = (usage?.outputTokens ?? 0) + (usage?.reasoningTokens ?? 0);
          expect(output).toBeLessThanOrEqual(limit);
          expect(usage?.inputTokens).toBe(Math.ceil(content.length / 4));
          expect(usage?.outputTokens).toBe(Math.ceil(text.length / 4));
          expect(['STOP', 'LENGTH']).toContain(finish);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('continue a cut-off answer to its end', async () => {
    const whole = await ask(model, { model: 'sage', ...prompt('How do tides work?') });
    let text = '';
    for (let asked = 0; text.length < whole.text.length; asked++) {
      expect(asked).toBeLessThan(50);
      const goOn = [textMessage('assistant', text), textMessage('user', GO_ON)];
      const messages = [...prompt('How do tides work?').messages, ...(text === '' ? [] : goOn)];
      text += (await ask(model, { model: 'sage', maxOutputTokens: 30, messages })).text;
    }
    expect(text).toBe(whole.text);
  });

  it('answer according to the whole conversation', async () => {
    const messages = [
      textMessage('user', 'Hello there'),
      textMessage('assistant', 'Hello.'),
      textMessage('user', 'And now?'),
    ];
    const alone = await ask(model, { model: 'sage', messages: messages.slice(2) });
    expect((await ask(model, { model: 'sage', messages })).text).not.toBe(alone.text);
  });

  it('sage writes Markdown of every kind', async () => {
    const { text } = await ask(model, { model: 'sage', ...prompt('Compare | tables, `code` and lists') });
    expect(text).toMatch(/^## /);
    expect(text).toMatch(/^\| --- \|/m);
    expect(text).toMatch(/^1\. /m);
    expect(text).toMatch(/^- /m);
    expect(text.match(/^```/gm)).toHaveLength(2);
  });

  it('poet writes characters of two units, and never cuts one in two', async () => {
    const { parts, text } = await ask(model, { model: 'poet', ...prompt('A walk by the sea') });
    expect(text).toMatch(/\p{Emoji_Presentation}/u);
    expect(parts.filter((part) => part.type === 'text' && /[\uD800-\uDBFF]$/.test(part.text))).toEqual([]);
  });

  it.each(mockModels.filter(({ reasoning }) => reasoning))('$name reasons before it answers', async ({ name }) => {
    const { parts, reasoning } = await ask(model, { model: name, ...prompt('Is it so?') });
    expect(reasoning).not.toBe('');
    const said = parts.filter(({ type }) => type === 'text' || type === 'reasoning').map(({ type }) => type);
    expect(said).toEqual(said.toSorted());
    expect(said.at(-1)).toBe('text');
  });

  it('faulty fails before its first word', async () => {
    const { failure, parts } = await ask(model, { model: 'faulty' });
    expect(failure).toMatchObject({ code: 'OVERLOADED', retryable: true });
    expect(parts).toEqual([]);
  });

  it('faulty breaks off in the middle if asked to', async () => {
    const { failure, text, usage, finish } = await ask(model, { model: 'faulty', ...prompt('Stop midway, please') });
    expect(failure?.code).toBe('CONNECTION');
    expect(text.length).toBeGreaterThan(100);
    expect({ usage, finish }).toEqual({ usage: null, finish: null });
  });

  it('fail with MODEL_NOT_FOUND for an unknown name', async () => {
    expect((await ask(model, { model: 'gpt-4.1' })).failure?.code).toBe('MODEL_NOT_FOUND');
  });

  it('are listed by name', async () => {
    expect(await model.listModels(new AbortController().signal)).toEqual(names);
  });

  it('wait before they answer, and leave neither text nor timer behind when stopped', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const before = timers();
    const abort = new AbortController();
    // The pace is so slow that only the abort can end the answer.
    const streaming = createMockModels({ pace: 1e-6 }).stream(
      modelRequest({ model: 'swift', signal: abort.signal }),
      () => {
        throw new Error('Nothing is said before its time.');
      },
    );
    expect(timers()).toBe(before + 1);
    abort.abort();
    await expect(streaming).rejects.toMatchObject({ name: 'AbortError' });
    expect(timers()).toBe(before);
  });

  it('write nothing more when they are stopped in mid-sentence', async () => {
    const abort = new AbortController();
    const said: string[] = [];
    const streaming = createMockModels({ pace: 100 }).stream(
      modelRequest({ model: 'swift', signal: abort.signal }),
      (part) => {
        said.push(part.type);
        if (part.type === 'text') abort.abort();
      },
    );
    await expect(streaming).rejects.toMatchObject({ name: 'AbortError' });
    expect(said).toEqual(['activity', 'text']);
  });
});
