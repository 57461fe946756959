import { createCipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { estimateTokens } from '../../src/domain/ground/tokens.ts';
import { harmlessName } from '../../src/reading/names.ts';
import { decodeText } from '../../src/reading/text/encodings.ts';
import { readingHouse } from './given.ts';

const { read } = readingHouse();

/** Sentences of some length, for an encoding is known by how often its letters stand beside each other. */
const prose: Readonly<Record<string, readonly string[]>> = {
  'windows-1252': [
    'Die Straße führt über den Fluß, und jenseits wächst süßer Käse „aus Köln“ – für 5 €.',
    'Le garçon a mangé une crème brûlée à l’hôtel, où l’été était très long.',
    'El niño comió una piña en la montaña; ¿qué más podía hacer?',
  ],
  shift_jis: [
    '吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。',
    '何でも薄暗いじめじめした所でニャーニャー泣いていた事だけは記憶している。',
    'この書類は、会議の前にかならず読んでください。よろしくお願いします。',
  ],
  'euc-jp': [
    '吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。',
    '何でも薄暗いじめじめした所でニャーニャー泣いていた事だけは記憶している。',
    'この書類は、会議の前にかならず読んでください。よろしくお願いします。',
  ],
  gb18030: [
    '学而时习之，不亦说乎？有朋自远方来，不亦乐乎？人不知而不愠，不亦君子乎？',
    '这份文件是为下个星期的会议准备的，请大家在会前认真阅读。',
    '我们的公司在北京和上海都有办公室，员工一共有三百多人。',
  ],
  big5: [
    '學而時習之，不亦說乎？有朋自遠方來，不亦樂乎？人不知而不慍，不亦君子乎？',
    '這份文件是為下個星期的會議準備的，請大家在會前認真閱讀。',
    '我們的公司在台北和高雄都有辦公室，員工一共有三百多人。',
  ],
  'euc-kr': [
    '모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.',
    '이 문서는 다음 주 회의를 위하여 준비된 것이니 미리 읽어 주시기 바랍니다.',
    '우리 회사는 서울과 부산에 사무실이 있으며 직원은 모두 삼백 명입니다.',
  ],
  'windows-1251': [
    'Все люди рождаются свободными и равными в своём достоинстве и правах.',
    'Этот документ подготовлен к совещанию на следующей неделе, прочитайте его заранее.',
    'У нашей компании есть отделения в Москве и в Петербурге, где работают триста человек.',
  ],
  'koi8-r': [
    'Все люди рождаются свободными и равными в своем достоинстве и правах.',
    'Этот документ подготовлен к совещанию на следующей неделе, прочитайте его заранее.',
    'У нашей компании есть отделения в Москве и в Петербурге, где работают триста человек.',
  ],
};

const signs = { '„': 0x84, '“': 0x93, '–': 0x96, '’': 0x92, '€': 0x80 };

/** What undoes Node's own decoder of an encoding of one or two bytes a character. */
function encoder(encoding: string): (text: string) => Buffer {
  const decoder = new TextDecoder(encoding);
  const bytesOf = new Map<string, number[]>();
  const learn = (...bytes: number[]) => {
    const character = decoder.decode(Uint8Array.from(bytes));
    if ([...character].length === 1 && character !== '\ufffd' && !bytesOf.has(character)) bytesOf.set(character, bytes);
  };
  for (let first = 0; first < 256; first++) learn(first);
  // Node's decoder of this one lacks them before version 22.14.
  if (encoding === 'windows-1252') for (const [sign, byte] of Object.entries(signs)) bytesOf.set(sign, [byte]);
  for (let first = 0x81; first < 255; first++) for (let second = 0x40; second < 255; second++) learn(first, second);
  return (text) =>
    Buffer.from(
      [...text].flatMap((character) => {
        const bytes = bytesOf.get(character);
        if (!bytes) throw new Error(`${encoding} has no ${character}`);
        return bytes;
      }),
    );
}

test('A text is kept in UTF-8, and its name decides only what sort of text it is', async () => {
  const found: Record<string, string> = {};
  for (const name of ['a.csv', 'b.md', 'c.json', 'd.tsv', 'e.py', 'f.html', 'g.svg', 'h.png', 'Makefile']) {
    const file = await read('<svg onload="alert(1)">é\n', name);
    found[name] = `${file.kind} ${file.mediaType} ${file.name}`;
    expect([file.text, file.contentPath.endsWith('.content')]).toEqual(['<svg onload="alert(1)">é\n', false]);
  }
  expect(found).toEqual({
    'a.csv': 'TEXT text/csv a.csv',
    'b.md': 'TEXT text/markdown b.md',
    'c.json': 'TEXT application/json c.json',
    'd.tsv': 'TEXT text/tab-separated-values d.tsv',
    'e.py': 'TEXT text/plain e.py',
    'f.html': 'TEXT text/plain f.html',
    'g.svg': 'TEXT text/plain g.svg',
    'h.png': 'TEXT text/plain h.png',
    Makefile: 'TEXT text/plain Makefile',
  });
});

test('A text in another encoding is kept as a copy in UTF-8, measured as prompts are', async () => {
  const file = await read(Buffer.from('\ufeffGrüße aus Köln\r\n', 'utf16le'), 'gruß.txt');
  expect(file).toMatchObject({
    ...{ text: 'Grüße aus Köln\r\n', name: 'gruß.txt', textBytesMax: 19, pages: null, thumbnailPath: null },
    textTokens: estimateTokens('Grüße aus Köln\r\n'),
  });
  expect(readFileSync(file.contentPath, 'utf8')).toBe('Grüße aus Köln\r\n');
});

describe('Encodings', () => {
  const textOfAnySort = fc
    .string({ unit: 'grapheme' })
    .map((text) => text.replaceAll(/[\ufffe\uffff\p{Cc}\ufeff]/gu, ''));

  test('Any text in UTF-8 is read as it is, with a byte-order mark or without', () => {
    fc.assert(
      fc.property(textOfAnySort, (text) => {
        expect(decodeText(Buffer.from(text))).toBe(text);
        expect(decodeText(Buffer.from(`\ufeff${text}`))).toBe(text);
      }),
    );
  });

  test('Any text in UTF-16 with a byte-order mark is read as it is, in both orders of bytes', () => {
    fc.assert(
      fc.property(textOfAnySort, (text) => {
        const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
        expect(decodeText(bytes)).toBe(text);
        expect(decodeText(bytes.swap16())).toBe(text);
      }),
    );
  });

  test('UTF-16 without a mark is known by its spaces and line ends', () => {
    const word = fc.constantFrom('строка', '東京', 'naïve', 'text', 'λόγος', '서울');
    fc.assert(
      fc.property(fc.array(word, { minLength: 3, maxLength: 40 }), (words) => {
        const text = `${words.join(' ')}\n`;
        const bytes = Buffer.from(text, 'utf16le');
        expect(decodeText(bytes)).toBe(text);
        expect(decodeText(bytes.swap16())).toBe(text);
      }),
    );
  });

  test.each(Object.entries(prose))('Sentences in %s are read in any order', (encoding, sentences) => {
    const encode = encoder(encoding);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...sentences), { minLength: 6, maxLength: 30 }), (chosen) => {
        // All sentences once: of a single short one nobody could tell the encoding.
        const text = [...sentences, ...chosen].join('\n');
        expect(decodeText(encode(text))).toBe(text);
      }),
      { numRuns: 30 },
    );
  });

  test('Bytes without meaning, as compressed or encrypted ones, are no text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (key) => {
        const noise = createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(400));
        // What begins with a mark is believed to be UTF-16.
        fc.pre((noise[0] ?? 0) < 0xfe);
        expect(decodeText(noise)).toBeNull();
      }),
    );
  });
});

test('A name is harmless, and names what is kept, whatever it was', () => {
  const names = {
    '../../etc/passwd': 'passwd',
    'C:\\Windows\\system32\\cmd.exe': 'cmd.exe',
    '\u202egnp.exe': 'gnp.exe',
    '.htaccess': 'htaccess',
    'a\0b\r\nc': 'a b c',
    '': 'file',
    '...': 'file',
    'x"; filename="y': 'x ; filename= y',
  };
  for (const [given, name] of Object.entries(names)) expect(harmlessName(given)).toBe(name);
  expect(harmlessName('cat.gif', ['png'])).toBe('cat.png');
  expect(harmlessName('Photo.JPEG', ['jpg', 'jpeg'])).toBe('Photo.JPEG');
  expect(harmlessName('v1.2 of it', ['pdf'])).toBe('v1.2 of it.pdf');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 500 }), fc.constantFrom([], ['png']), (given, extensions) => {
      const name = harmlessName(given, extensions);
      expect(name.length).toBeLessThanOrEqual(200);
      expect(name).toMatch(/^[^/\\.\s\p{Cc}\p{Cf}][^/\\\p{Cc}\p{Cf}]*$/u);
      expect(name.isWellFormed()).toBe(true);
      expect(harmlessName(name, extensions)).toBe(name);
    }),
  );
});
