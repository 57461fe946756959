import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkedBody } from '../../src/providers/transport/chunked-body.ts';

const chunk = (content: string) => `${content.length.toString(16)}\r\n${content}\r\n`;

/** Takes the piece from a buffer with further bytes behind it. */
function take(body: ChunkedBody, piece: string): string[] | null {
  const places = body.take(Buffer.from(`${piece}0\r\n`, 'latin1'), piece.length);
  return (
    places &&
    Array.from({ length: places.length / 2 }, (_, index) => piece.slice(places[2 * index], places[2 * index + 1]))
  );
}

/** Reads the chunks as HTTP's own parser would, which gets every piece that `take` refuses. */
function readByParser(pieces: readonly string[]): string {
  let rest = pieces.join('');
  let text = '';
  while (rest !== '') {
    const size = Number.parseInt(rest, 16);
    const start = rest.indexOf('\r\n') + 2;
    text += rest.slice(start, start + size);
    rest = rest.slice(start + size + 2);
  }
  return text;
}

describe('a chunked body', () => {
  it('gives the contents of whole chunks, one or many', () => {
    const body = new ChunkedBody();
    expect(take(body, chunk('one'))).toEqual(['one']);
    expect(take(body, chunk('two') + chunk('x'.repeat(300)))).toEqual(['two', 'x'.repeat(300)]);
    expect(take(body, 'A\r\n0123456789\r\n')).toEqual(['0123456789']);
  });

  it('leaves pieces with a part of a chunk to the parser, and goes on after them', () => {
    const body = new ChunkedBody();
    expect(take(body, `${chunk('one')}5\r\nhe`)).toBeNull();
    expect(take(body, 'llo\r')).toBeNull();
    expect(take(body, '\n')).toBeNull();
    expect(take(body, chunk('two'))).toEqual(['two']);
    expect(take(body, '1')).toBeNull();
    expect(take(body, '0\r\n0123456789abcdef\r\n')).toBeNull();
    expect(take(body, chunk('three'))).toEqual(['three']);
  });

  it.each([
    ['the last chunk', '0\r\n\r\n'],
    ['a chunk with an extension', '3;name=value\r\none\r\n'],
    ['bytes that are no chunk', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['a chunk without its line end', '3\r\none__'],
    ['an impossible size', `${'f'.repeat(9)}\r\n`],
  ])('leaves everything to the parser after %s', (_name, piece) => {
    const body = new ChunkedBody();
    expect(take(body, chunk('one'))).toEqual(['one']);
    expect(take(body, piece)).toBeNull();
    expect(take(body, chunk('two'))).toBeNull();
  });

  it('loses and doubles nothing, wherever the body is cut', () => {
    const contents = fc.array(fc.string({ minLength: 1, maxLength: 40, unit: 'binary-ascii' }), { minLength: 1 });
    fc.assert(
      fc.property(contents, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (chunks, lengths) => {
        const wire = chunks.map(chunk).join('');
        const body = new ChunkedBody();
        let text = '';
        let left: string[] = [];
        for (let at = 0, turn = 0; at < wire.length; turn++) {
          const piece = wire.slice(at, at + (lengths[turn % lengths.length] as number));
          at += piece.length;
          const found = take(body, piece);
          if (!found) {
            left.push(piece);
            continue;
          }
          // The pieces left to the parser form whole chunks by now.
          text += readByParser(left) + found.join('');
          left = [];
        }
        expect(text + readByParser(left)).toBe(chunks.join(''));
      }),
    );
  });
});
