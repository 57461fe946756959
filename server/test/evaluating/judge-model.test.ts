import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byLanes, judgedOf, judgeRequest, letterOf } from '../../src/domain/evaluating/judge-model.ts';
import { EarlierResults, type PromptResult, worstFirst } from '../../src/domain/evaluating/regression.ts';
import { familyOf } from '../../src/domain/judging/model-family.ts';

describe('a judge model', () => {
  it.each([
    ['A is right.\nVERDICT: A', 'A'],
    ['VERDICT: A\nNo, wait.\n**VERDICT: TIE**\n', 'TIE'],
    ['  VERDICT:  B  ', 'B'],
    ['VERDICT: A\nThat is all.', null],
    ['The verdict: A', null],
    ['VERDICT: A or B', null],
    ['VERDICT: C', null],
    ['', null],
  ])('is understood by its last line alone: %j', (answer, letter) => {
    expect(letterOf(answer)).toBe(letter);
  });

  it('abstains unless it says the same in both orders', () => {
    expect(judgedOf(byLanes('A', false), byLanes('B', true))).toBe('A');
    expect(judgedOf(byLanes('A', false), byLanes('A', true))).toBeNull();
    expect(judgedOf(byLanes('TIE', false), byLanes('TIE', true))).toBe('TIE');
    expect(judgedOf('TIE', 'B')).toBeNull();
    expect(judgedOf('NONE', 'NONE')).toBeNull();
  });

  it('is shown texts between marks that the texts themselves do not have', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (prompt, one, other) => {
        const asked = judgeRequest({ key: 'a/b', rubric: null, prompt, reference: null, answers: [one, other] });
        const [, mark = ''] = /begin with (=+[0-9a-f]{16})/.exec(asked.system) ?? [];
        expect(mark).not.toBe('');
        expect(asked.prompt.split(mark)).toHaveLength(7);
        expect(judgeRequest({ key: 'a/c', rubric: null, prompt, reference: null, answers: [one, other] })).not.toEqual(
          asked,
        );
      }),
    );
  });

  it.each([
    ['anthropic/claude-sonnet-5', 'Anthropic'],
    ['router/anthropic/claude-opus-4', 'Anthropic'],
    ['openai/gpt-4.1', 'OpenAI'],
    ['openai/o3-mini', 'OpenAI'],
    ['groq/llama-3.3-70b', 'Meta'],
    ['google/gemini-2.5-pro', 'Google'],
    ['mock/swift', 'mock'],
  ])('of %s is of the family %s', (id, family) => {
    expect(familyOf(id)).toBe(family);
  });
});

describe('what an evaluation says', () => {
  it('tells what became worse, and nothing that did not', () => {
    const before = { prompt: 'Why?', modelId: 'm', answers: 2, completed: 2, credits: 30, characters: 300, wins: 1 };
    const since = (...results: PromptResult[]) => {
      const earlier = new EarlierResults();
      earlier.add(results);
      return earlier;
    };
    expect(since(before).regressionsOf([before])).toEqual([]);
    expect(since(before).regressionsOf([{ ...before, modelId: 'other', completed: 0 }])).toEqual([]);
    const now = { ...before, completed: 1, credits: 41, characters: 100, wins: 0.25 };
    const found = since(before).regressionsOf([now]);
    expect(found.map(({ kind }) => kind)).toEqual(['FAILURES', 'WINS', 'PRICE', 'LENGTH']);
    expect(since(now).regressionsOf([{ ...before, characters: 110 }])).toEqual([]);
    const dearer = since(before).regressionsOf([{ ...before, credits: 90 }]);
    expect(worstFirst([...found.slice().reverse(), ...dearer]).map(({ kind, now }) => `${kind} ${now}`)).toEqual([
      'FAILURES 0.5',
      'WINS 0.25',
      'PRICE 90',
      'PRICE 41',
      'LENGTH 100',
    ]);
    const unasked = { ...before, answers: 0, completed: 0, wins: null };
    expect(since(unasked).regressionsOf([{ ...now, credits: 30 }])).toEqual([
      { kind: 'LENGTH', prompt: 'Why?', modelId: 'm', before: 300, now: 100 },
    ]);
  });
});
