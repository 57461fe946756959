import fc from 'fast-check';
import { expect, it } from 'vitest';
import { markdownAsHtml } from '../../src/domain/keeping/html-text.ts';
import { withinDocument } from '../../src/domain/keeping/markdown-lines.ts';

const lowered = (text: string) => [...withinDocument(text)].join('');
const html = (text: string) => [...markdownAsHtml(text)].join('');

it('lowers the headings of a text below those of its document', () => {
  expect(lowered('# One\ntext\n\n## Two\nThree\n=====\n\nFour\n---\n####### no')).toBe(
    '#### One\ntext\n\n##### Two\n#### Three\n\n##### Four\n####### no\n',
  );
});

it('leaves code as it is, and closes what is never closed', () => {
  expect(lowered('```sh\n# a comment\n---\n')).toBe('```sh\n# a comment\n---\n\n```\n');
  expect(lowered('<!-- never closed\n<script>')).toBe('\\<!-- never closed\n\\<script>\n');
});

const markdown = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '```',
        '~~~',
        '# ',
        '- ',
        '1. ',
        '> ',
        '| a | b |',
        '|---|---|',
        '**',
        '*',
        '`',
        '[a](',
        '\n',
        ' ',
      ),
      fc.constantFrom('https://a.b/c)', 'javascript:x)', '<script>', '"', "'", '&lt;', '</article>', '===', '---'),
      fc.string({ maxLength: 8 }),
    ),
    { maxLength: 40 },
  )
  .map((pieces) => pieces.join(''));

/** The headings of a document's own levels, outside code, in a text; and whether code is left open. */
function strayHeadings(text: string): string[] {
  let open = '';
  const stray: string[] = [];
  for (const line of text.split('\n')) {
    const [, marks = '', rest = ''] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (open !== '') {
      if (marks[0] === open[0] && marks.length >= open.length && rest.trim() === '') open = '';
    } else if (marks !== '' && (marks[0] === '~' || !rest.includes('`'))) open = marks;
    else if (/^ {0,3}#{1,3}(?:[ \t]|$)/.test(line)) stray.push(line);
  }
  return open === '' ? stray : [...stray, 'open'];
}

it('lets no text have a heading of its document or an element that it was not given', () => {
  fc.assert(
    fc.property(markdown, (text) => {
      expect(strayHeadings(lowered(text))).toEqual([]);
      const elements = html(text).match(/<[^>]*>/g) ?? [];
      for (const element of elements) {
        expect(element).toMatch(
          /^<(?:\/?(?:p|br|pre|code|h[4-6]|ul|li|blockquote|table|tr|th|td|strong|em|a|span)|ul class="list"|li(?: class="(?:more|numbered)")? style="margin-left:\dem"|span class="mark"|a href="https?:\/\/[^"<>]*" rel="noreferrer noopener")>$/,
        );
      }
    }),
  );
});
