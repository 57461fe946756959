import { fireEvent, render, screen } from '@testing-library/react';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { CitationsContext } from './formatting/citation.tsx';
import Markdown from './markdown.tsx';

afterEach(() => {
  document.body.innerHTML = '';
});

/** The typesetter is large and takes long to load. */
const patience = { timeout: 10_000 };

const show = (text: string, writing = false) => render(<Markdown text={text} writing={writing} />).container;

test('HTML in an answer is shown as text', () => {
  const page = show('A <b>bold</b> Vec<T> and\n\n<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>');
  expect(page.querySelector('b, script, img')).toBeNull();
  expect(page.textContent).toContain('<b>bold</b> Vec<T>');
  expect(page.textContent).toContain('<script>alert(1)</script>');
});

test('a link opens in a new tab without opener and referrer, and an address that runs script is no link', () => {
  const page = show('[good](https://example.org/a) and [bad](javascript:alert(1))');
  const links = [...page.querySelectorAll('a')].filter((link) => link.getAttribute('href'));
  expect(links).toHaveLength(1);
  expect(links[0]?.getAttribute('href')).toBe('https://example.org/a');
  expect(links[0]?.target).toBe('_blank');
  expect(links[0]?.rel.split(' ')).toEqual(expect.arrayContaining(['noopener', 'noreferrer']));
});

test('an image is loaded only on request, and only over https', () => {
  const page = show(
    '![A map](https://example.org/map.png) ![no](http://example.org/x.png) ![data](data:image/png;base64,AA)',
  );
  expect(page.querySelector('img')).toBeNull();
  fireEvent.click(screen.getByRole('button', { name: /Show image: A map/ }));
  expect([...page.querySelectorAll('img')].map((image) => image.src)).toEqual(['https://example.org/map.png']);
});

test('code keeps its language, its lines and every character while it is written', () => {
  const code = 'const a = 1;\nconst b = a =>';
  const page = show(`Look:\n\n\`\`\`ts\n${code}`, true);
  expect(page.querySelector('figcaption')?.textContent).toContain('ts');
  expect(page.querySelector('pre')?.textContent).toBe(code);
});

test('code is copied unchanged', async () => {
  const writeText = vi.fn().mockResolvedValue(undefined);
  vi.stubGlobal('navigator', { ...navigator, clipboard: { writeText } });
  show('```py\nprint("a")\n```');
  fireEvent.click(screen.getByRole('button', { name: 'Copy code' }));
  await screen.findByRole('button', { name: 'Copied' });
  expect(writeText).toHaveBeenCalledWith('print("a")');
  vi.unstubAllGlobals();
});

test('a table scrolls in its own box, and aligns without a style attribute', () => {
  const page = show('| Year | City |\n|---|---:|\n| 1990 | 2,152,423 |');
  expect(page.querySelector('[data-scrolls-sideways] table')).not.toBeNull();
  expect(page.querySelector('td:last-child')?.className).toContain('text-right');
  expect(page.querySelector('table [style]')).toBeNull();
});

test('unfinished emphasis is shown closed while an answer is written', () => {
  expect(show('It is **Par', true).querySelector('.answer')?.textContent?.trim()).toBe('It is Par');
});

test('formulas are typeset, inline and displayed, and prices stay text', async () => {
  const page = show('Mass: $m$, and\n\n\\[ E = mc^2 \\]\n\nor \\(\\vec{x_1}^2\\). It costs $5 and $10.');
  await vi.waitFor(() => expect(page.querySelectorAll('.katex')).toHaveLength(3), patience);
  expect(page.querySelectorAll('.katex-display')).toHaveLength(1);
  expect([...page.querySelectorAll('annotation')].map((source) => source.textContent)).toEqual([
    'm',
    'E = mc^2',
    '\\vec{x_1}^2',
  ]);
  expect(page.innerHTML).not.toContain('mc^2 ]');
  expect(page.textContent).toContain('It costs $5 and $10.');
});

test('an invalid formula is shown as it was written', async () => {
  const page = show('So $x_1^$ and $y_2$');
  await vi.waitFor(() => expect(page.querySelectorAll('.katex')).toHaveLength(1), patience);
  expect(page.textContent).toContain('So $x_1^$ and ');
});

test('headings of an answer stand below those of the page', () => {
  const page = show('# One\n\n## Two\n\n#### Four');
  const levels = [...page.querySelectorAll('h1, h2, h4')].map((heading) => heading.getAttribute('aria-level'));
  expect(levels).toEqual(['4', '4', '6']);
});

test('each block of an answer runs in the direction of its script, and code in it does not change that', () => {
  const page = show('# עברית\n\n`npm` שלום\n\n- אחת\n- שתיים\n\n> ציטוט\n\n| א | ב |\n|---|---|\n| 1 | 2 |\n');
  for (const block of ['h1', 'p', 'ul', 'blockquote', 'section']) {
    expect(page.querySelector(`.answer > ${block}`)?.getAttribute('dir')).toBe('auto');
  }
  expect(page.querySelector('li[dir], blockquote [dir], table[dir], td[dir]')).toBeNull();
  expect(page.querySelector('code')?.getAttribute('dir')).toBe('ltr');
});

test('harmless elements are rendered if they have no attributes, and a fold has Markdown inside', () => {
  const page = show(
    'H<sub>2</sub>O <kbd>C</kbd> a<br>b <kbd id="x">D</kbd>\n\n<details><summary>**T**</summary>\n- one\n- two\n</details>\nafter',
  );
  expect([...page.querySelectorAll('sub, kbd')].map(({ textContent }) => textContent)).toEqual(['2', 'C']);
  expect(page.textContent).toContain('<kbd id="x">D</kbd>');
  expect(page.querySelectorAll('br')).toHaveLength(1);
  expect(page.querySelector('details > summary > strong')?.textContent).toBe('T');
  expect(page.querySelectorAll('details > ul > li')).toHaveLength(2);
  expect(page.querySelector('details')?.nextElementSibling?.textContent).toBe('after');
});

test('a fold that never ends hides nothing', () => {
  const page = show('<details>\n<summary>More</summary>\n\nbody\n\nafter');
  expect(page.querySelector('details, summary')).toBeNull();
  expect([...page.querySelectorAll('p')].map(({ textContent }) => textContent)).toEqual([
    '<details>',
    '<summary>More</summary>',
    'body',
    'after',
  ]);
});

test('single tildes stay tildes, and emphasis ends beside Chinese and Korean characters', () => {
  const page = show('20~25°C, ~5 minutes, ~~two~~. **重要提示（Notice）：**请注意。含**「重点」**内容 **공개**는');
  expect([...page.querySelectorAll('del, strong')].map(({ textContent }) => textContent)).toEqual([
    'two',
    '重要提示（Notice）：',
    '「重点」',
    '공개',
  ]);
  expect(page.textContent).toContain('20~25°C, ~5 minutes, two. 重要提示（Notice）：请注意。含「重点」内容 공개는');
});

test('a number in brackets is a link if the provider cited a source with that number', () => {
  const page = render(
    <CitationsContext.Provider
      value={[
        { url: 'https://example.org/a', title: 'A' },
        { url: 'javascript:x', title: null },
      ]}
    >
      <Markdown text="So [1], [2] and [3], [1](https://example.org/b), `[1]`." writing={false} />
    </CitationsContext.Provider>,
  ).container;
  expect([...page.querySelectorAll('a')].map((link) => link.getAttribute('href'))).toEqual([
    'https://example.org/a',
    'https://example.org/b',
  ]);
  expect(page.textContent).toBe('So [1], [2] and [3], 1, [1].');
});

const everything = `# Of \\(x\\) and $y$

**重要：**请注意 ($$) and $5, $ab$; 20~25.
the next line\\[ a = b \\], and on

| \\(a\\)\\(b\\) | $ |
|---|---|
| $|x|$ | $$ |

<details>
<summary>More</summary>

- one
- H<sub>2</sub>O
</details>

\`\`\`markdown
\`\`\`js
1
\`\`\`
and
\`\`\`

\\begin{align}
a &= b \\\\

c &= d
\\end{align}

In grep, \\( and \\) group [1].
`;

test('an answer that arrives in pieces ends like one rendered at once, and no block changes after the next has begun', async () => {
  const expected = show(everything);
  await vi.waitFor(() => expect(expected.querySelectorAll('.katex').length).toBeGreaterThan(6), patience);
  const textsOf = (page: HTMLElement) =>
    [...(page.querySelector('.answer')?.children ?? [])].map((block) => block.textContent);
  const whole = textsOf(expected);
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1, max: everything.length - 1 }), { maxLength: 8 }),
      async (cuts) => {
        const view = render(<Markdown text="" writing />);
        for (const cut of cuts.sort((a, b) => a - b)) {
          view.rerender(<Markdown text={everything.slice(0, cut)} writing />);
          const shown = textsOf(view.container).slice(0, -1);
          expect(shown).toEqual(whole.slice(0, shown.length));
        }
        view.rerender(<Markdown text={everything} writing={false} />);
        expect(textsOf(view.container)).toEqual(whole);
        view.unmount();
      },
    ),
    { numRuns: 10 },
  );
}, 20_000);
