import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRobots } from '../../src/internet/robots.ts';

const allows = (text: string, path: string) => parseRobots(text, 'polylogue').allows(path);

describe('what a site allows programs to fetch', () => {
  it.each([
    ['User-agent: *\nDisallow: /private', '/private/a', false],
    ['User-agent: *\nDisallow: /private', '/public', true],
    ['User-agent: *\nDisallow:', '/a', true],
    ['', '/a', true],
    ['<html>no file</html>', '/a', true],
    ['Disallow: /', '/a', true],
    ['User-agent: other\nDisallow: /', '/a', true],
    ['User-agent: Polylogue\nDisallow: /a\n\nUser-agent: *\nDisallow: /b', '/b', true],
    ['User-agent: *\nDisallow: /b\n\nuser-agent: POLYLOGUE/2.0\ndisallow: /a', '/a', false],
    ['User-agent: other\nUser-agent: polylogue\nDisallow: /a', '/a', false],
    ['User-agent: polylogue\nUser-agent: other\nDisallow: /a', '/a', false],
    ['User-agent: polylogue\nAllow: /\n\nUser-agent: polylogue\nDisallow: /a', '/a', false],
    ['User-agent: *\nDisallow: /a\nAllow: /a/b', '/a/b/c', true],
    ['User-agent: *\nAllow: /a\nDisallow: /a', '/a', true],
    ['User-agent: *\nDisallow: /*.pdf$', '/x/y.pdf', false],
    ['User-agent: *\nDisallow: /*.pdf$', '/x/y.pdf?z', true],
    ['User-agent: *\nDisallow: /a*b*c$', '/abbc', false],
    ['User-agent: *\nDisallow: /a$', '/ab', true],
    ['User-agent: *\nDisallow: /*?session=', '/a?session=1', false],
    ['User-agent: *\nDisallow: /caf%c3%a9', '/caf%C3%A9', false],
    ['User-agent: *\nDisallow: /café', '/caf%C3%A9', false],
    ['User-agent: *\nDisallow: /%7Eann', '/~ann', false],
    ['\uFEFFUser-agent: *\r\nDisallow: /a # all of it', '/a', false],
    ['User-agent: * # all\nDisallow: /a', '/a', false],
    ['User-agent: *\nSitemap: x\nDisallow: /a', '/a', false],
  ])('%j says of %s: %s', (text, path, expected) => {
    expect(allows(text, path)).toBe(expected);
  });

  it('has its first five hundred patterns looked at, and of a path its beginning, however long both are', () => {
    const plain = 'Disallow: /private';
    const text = ['User-agent: *', ...Array.from({ length: 40_000 }, (_, at) => `Disallow: /*z${at}x`), plain].join(
      '\n',
    );
    expect(parseRobots(text, 'polylogue').length).toBeLessThan(10_000);
    const paths = ['/az7x', '/az499x', '/az500x', '/private/a', `/${'z'.repeat(16_000)}`, `/${'z'.repeat(16_000)}z7x`];
    expect(paths.map((path) => allows(text, path))).toEqual([false, false, true, false, true, true]);
  });

  it('is read out of any text at all', () => {
    const lines = fc.constantFrom(
      'User-agent: *',
      'User-agent: polylogue',
      'Disallow: /',
      'Allow: /*a$',
      'Disallow: *',
      '',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(lines).map((all) => all.join('\n')),
        ),
        fc.webPath(),
        (text, path) => {
          expect(typeof allows(text, `/${path}`)).toBe('boolean');
        },
      ),
    );
  });
});
