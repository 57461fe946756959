import fc from 'fast-check';
import { encode as encodeCl100k } from 'gpt-tokenizer/encoding/cl100k_base';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { countTokens, estimateTokens, inputTokensMax, TokenMeter } from '../../src/domain/ground/tokens.ts';
import { textMessage } from '../../src/ports/language-model.ts';

const plain = { disallowedSpecial: new Set<string>() };

const english = `Streaming is easier to reason about when the text itself is the log: whoever reads it names an offset,
receives what follows, and waits for more. Nothing is lost when a connection breaks, because nothing depended on it.`;
const samples = {
  english,
  german:
    'Die Würde des Menschen ist unantastbar. Sie zu achten und zu schützen ist Verpflichtung aller staatlichen Gewalt.',
  russian: 'Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью.',
  arabic: 'يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق. وقد وهبوا عقلاً وضميرًا.',
  hindi: 'सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।',
  chinese: '人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。',
  japanese: 'すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。',
  korean: '모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.',
  emoji: '😀🎉👩‍👩‍👧‍👦🔥🚀❤️👍🏽🇩🇪🤖'.repeat(5),
  code: `export function add(left: number, right: number): number {\n  // A sum.\n  return left + right;\n}\n`.repeat(
    4,
  ),
  json: JSON.stringify({ id: 'chatcmpl-8a7b', choices: [{ index: 0, delta: { content: 'Hi' } }], usage: null }).repeat(
    3,
  ),
  table: '| Model | Price | Speed |\n|---|---:|:---:|\n| a | 1.25 | 300 |\n'.repeat(5),
};

describe('inputTokensMax', () => {
  it('is never below the count of a byte-level tokenizer, whatever the text', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string());
    fc.assert(
      fc.property(text, fc.array(text, { minLength: 1, maxLength: 4 }), (system, contents) => {
        const max = inputTokensMax(
          system,
          contents.map((content, index) => textMessage(index % 2 === 0 ? 'user' : 'assistant', content)),
        );
        for (const tokenizer of [encode, encodeCl100k]) {
          const counted = [system, ...contents].reduce((sum, part) => sum + tokenizer(part, plain).length + 8, 0);
          expect(max).toBeGreaterThanOrEqual(counted);
        }
      }),
    );
  });

  it('is above the exact count for prose, code and emoji', () => {
    for (const content of Object.values(samples)) {
      expect(inputTokensMax(null, [textMessage('user', content)])).toBeGreaterThan(encode(content).length);
    }
  });

  it('allows for tokenizers that decompose ligatures before they count', () => {
    const ligatures = '\ufdfa'.repeat(1000);
    const apart = ligatures.normalize('NFKC');
    expect(inputTokensMax(null, [textMessage('user', ligatures)])).toBeGreaterThan(Buffer.byteLength(apart));
  });

  it('grows with the system prompt and with every message', () => {
    const one = inputTokensMax(null, [textMessage('user', 'Hi')]);
    expect(inputTokensMax('Be brief.', [textMessage('user', 'Hi')])).toBeGreaterThan(one);
    expect(
      inputTokensMax(null, [textMessage('user', 'Hi'), textMessage('assistant', 'Hello'), textMessage('user', 'Hi')]),
    ).toBeGreaterThan(one);
  });
});

describe('countTokens', () => {
  it('counts exactly as the tokenizer does', async () => {
    for (const text of Object.values(samples)) expect(await countTokens(text)).toBe(encode(text).length);
    expect(await countTokens('')).toBe(0);
  });

  it('counts chat-format markers as plain text', async () => {
    const marker = '<|endoftext|><|im_start|>system<|im_end|>';
    expect(await countTokens(marker)).toBe(encode(marker, plain).length);
    expect(await countTokens('<|endoftext|>')).toBeGreaterThan(1);
  });

  it('counts a long text at most one percent above the exact count', async () => {
    const long = english.repeat(200);
    const counted = await countTokens(long);
    const exact = encode(long).length;
    expect(counted).toBeGreaterThanOrEqual(exact);
    expect(counted).toBeLessThanOrEqual(exact * 1.01);
  });

  it('lets the event loop run while it counts a hostile text, and accepts every kind of hostile text', async () => {
    let turns = 0;
    let counting = true;
    const turn = () => {
      turns += 1;
      if (counting) setImmediate(turn);
    };
    setImmediate(turn);
    const noBreaks = Array.from({ length: 60_000 }, (_, index) =>
      String.fromCharCode(0x4e00 + ((index * 7919) % 20_000)),
    );
    await countTokens(noBreaks.join(''));
    counting = false;
    expect(turns).toBeGreaterThan(5);
    expect(await countTokens(' '.repeat(100_000))).toBeGreaterThan(0);
    expect(await countTokens('\ud83d'.repeat(20_000))).toBeGreaterThan(0);
    expect(await countTokens('<|endoftext|>'.repeat(5_000))).toBeGreaterThan(0);
  });

  it('cuts no surrogate pair', async () => {
    const emoji = 'x'.concat('😀'.repeat(3_000));
    expect(await countTokens(emoji)).toBeLessThanOrEqual(encode(emoji).length + 12);
  });
});

describe('estimateTokens', () => {
  it.each(Object.entries(samples))('is near the exact count for %s', (_name, text) => {
    const exact = encode(text).length;
    expect(estimateTokens(text)).toBeGreaterThanOrEqual(exact * 0.85);
    expect(estimateTokens(text)).toBeLessThanOrEqual(exact * 1.8);
  });

  it('is zero for an empty text and at least one for any other', () => {
    expect(estimateTokens('')).toBe(0);
    fc.assert(fc.property(fc.string({ minLength: 1, unit: 'binary' }), (text) => estimateTokens(text) >= 1));
  });

  it('never exceeds inputTokensMax', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        expect(estimateTokens(text)).toBeLessThanOrEqual(inputTokensMax(null, [textMessage('user', text)]));
      }),
    );
  });
});

describe('TokenMeter', () => {
  it('gives the same estimate however the text is cut, and never decreases', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (pieces) => {
        const meter = new TokenMeter();
        let before = 0;
        for (const piece of pieces) {
          const now = meter.add(piece);
          expect(now).toBeGreaterThanOrEqual(before);
          before = now;
        }
        expect(before).toBe(estimateTokens(pieces.join('')));
      }),
    );
  });
});
