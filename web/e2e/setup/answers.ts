import type { Locator } from 'playwright-core';
import { expect } from 'vitest';

/** An answer as models write them, and a check of what a reader must see. */
export interface Answer {
  name: string;
  text: string;
  /** A few words that complete "shows …". */
  sees: string;
  citations?: string[];
  check(answer: Locator): Promise<void>;
}

const end = '\n\n## The end\n\nAnd **this** is whole.';

/** The text of the answer, with the source of each formula between ⟦ and ⟧. */
function seen(answer: Locator): Promise<string> {
  return answer.evaluate((element) => {
    const copy = element.cloneNode(true) as HTMLElement;
    for (const formula of copy.querySelectorAll('.katex')) {
      formula.replaceWith(`⟦${formula.querySelector('annotation')?.textContent ?? ''}⟧`);
    }
    return copy.textContent ?? '';
  });
}

async function formulas(answer: Locator): Promise<string[]> {
  return [...(await seen(answer)).matchAll(/⟦([^⟧]*)⟧/g)].map(([, source]) => source ?? '');
}

function texts(answer: Locator, selector: string): Promise<string[]> {
  return answer.locator(selector).allTextContents();
}

async function endIsWhole(answer: Locator): Promise<void> {
  expect(await texts(answer, 'h2')).toContain('The end');
  expect(await texts(answer, 'strong')).toContain('this');
}

async function cells(answer: Locator): Promise<string[][]> {
  return answer
    .locator('tr')
    .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent ?? '')));
}

export const answers: Answer[] = [
  {
    name: 'prices',
    sees: 'price levels as written, and its table rows and later text complete',
    text: `- **Bistro Due** ($$) is dearer\n- **Bistro Tre** ($$$) is dearest, Uno ($) is not\n\n| Place | Price |\n|---|---|\n| Uno | $ |\n| Due | $$ |\n| Tre | $$$ |\n| Due | $$ |\n\nIt is $$ there, and $$ here.${end}`,
    async check(answer) {
      expect(await texts(answer, 'li')).toEqual([
        'Bistro Due ($$) is dearer',
        'Bistro Tre ($$$) is dearest, Uno ($) is not',
      ]);
      expect(await cells(answer)).toEqual([
        ['Place', 'Price'],
        ['Uno', '$'],
        ['Due', '$$'],
        ['Tre', '$$$'],
        ['Due', '$$'],
      ]);
      expect(await formulas(answer)).toEqual([]);
      expect(await seen(answer)).toContain('It is $$ there, and $$ here.');
      await endIsWhole(answer);
    },
  },
  {
    name: 'tildes',
    sees: 'every single tilde, and strikes only text between double tildes',
    text: `It has 20~25°C, takes ~5 minutes, goes from ~/src to ~/dst; 10~20km and 30~40km. Only ~~two~~ strikes, and**~~「二」~~**too.${end}`,
    async check(answer) {
      expect(await seen(answer)).toContain(
        'It has 20~25°C, takes ~5 minutes, goes from ~/src to ~/dst; 10~20km and 30~40km. Only two strikes',
      );
      expect(await texts(answer, 'del')).toEqual(['two', '「二」']);
      await endIsWhole(answer);
    },
  },
  {
    name: 'emphasis',
    sees: 'bold without asterisks beside letters and signs of Chinese, Japanese and Korean',
    text: `**重要提示（Notice）：**请注意。\n\n含**「重点」**内容\n\n**공개**는 **"인용"**을\n\n*（注）*です。${end}`,
    async check(answer) {
      expect(await texts(answer, 'strong')).toEqual(['重要提示（Notice）：', '「重点」', '공개', '"인용"', 'this']);
      expect(await texts(answer, 'em')).toEqual(['（注）']);
      expect(await seen(answer)).not.toContain('*');
      await endIsWhole(answer);
    },
  },
  {
    name: 'adjacent formulas',
    sees: 'six formulas in a line and in a table, and the table as a table',
    text: `So \\(a\\)\\(b\\) and $x$$y$, then \\(p\\)$q$\n\n| One | Two | Three |\n|---|---|---|\n| \\(a\\)\\(b\\) | $x$$y$ | \\(p\\)$q$ |\n| \\(|z|\\) | $|w|$ | $$v$$ |${end}`,
    async check(answer) {
      expect(await formulas(answer)).toEqual([...'abxypqabxypq', '|z|', '|w|', 'v']);
      expect(await cells(answer)).toHaveLength(3);
      expect(await answer.locator('td').count()).toBe(6);
      await endIsWhole(answer);
    },
  },
  {
    name: 'dollars',
    sees: 'formulas in tight dollars, and other dollars as money or names',
    text: `Take $ab$, $(3, 4)$, $xy$ and the $n$th element.\n\nIt costs $1.50 or $2bn, R$ 12,29 or $100-$200; see $AAPL/$TSLA and $FOO_BAR/$ there.${end}`,
    async check(answer) {
      expect(await formulas(answer)).toEqual(['ab', '(3, 4)', 'xy', 'n']);
      expect(await seen(answer)).toContain(
        'It costs $1.50 or $2bn, R$ 12,29 or $100-$200; see $AAPL/$TSLA and $FOO_BAR/$ there.',
      );
      expect(await seen(answer)).toContain('the ⟦n⟧th element');
      await endIsWhole(answer);
    },
  },
  {
    name: 'environments',
    sees: 'environments of LaTeX and chemistry as formulas, and those that cannot be set as source',
    text: `So\n\n\\begin{align}\na &= b + c \\\\\nd &= e\n\\end{align}\n\nand\n\\begin{equation}\nE = mc^2 \\label{eq:e}\n\\end{equation}\n\nwith $\\ce{H2O + CO2 -> H2CO3}$ and\n\n\\[ \\boxed{x} \\require{cancel} \\cancel{x} \\]\n\nbut $\\nosuch{x}$ and\n\n\\begin{tikzpicture}\n\\draw (0,0) -- (1,1);\n\\end{tikzpicture}${end}`,
    async check(answer) {
      await expect.poll(() => answer.locator('.katex').count(), { timeout: 20_000 }).toBe(4);
      expect(await answer.locator('.katex-display').count()).toBe(3);
      expect(await answer.locator('.katex-error').count()).toBe(0);
      const text = await seen(answer);
      expect(text).toContain('$\\nosuch{x}$');
      expect(text).toContain('\\begin{tikzpicture}\n\\draw (0,0) -- (1,1);\n\\end{tikzpicture}');
      await endIsWhole(answer);
    },
  },
  {
    name: 'backslashes',
    sees: 'patterns, paths and logs as they were written',
    text: `In grep, \\( and \\) group.\n\nC:\\(x86)\\[data]\\file\n\n\\[ERROR\\] user_id = 5${end}`,
    async check(answer) {
      expect(await formulas(answer)).toEqual([]);
      expect(await texts(answer, 'p')).toEqual([
        'In grep, \\( and \\) group.',
        'C:\\(x86)\\[data]\\file',
        '\\[ERROR\\] user_id = 5',
        'And this is whole.',
      ]);
      await endIsWhole(answer);
    },
  },
  {
    name: 'HTML',
    sees: 'breaks, sub- and superscript, keys and a fold, and all other HTML as text',
    text: `| A | B |\n|---|---|\n| one<br>two | H<sub>2</sub>O, m<sup>2</sup> |\n\nPress <kbd>Ctrl</kbd>+<kbd>C</kbd>.\n\n<details>\n<summary>More of **it**</summary>\n\n- one\n- **two**\n\n\`\`\`js\nconst a = 1;\n\`\`\`\n</details>\n\n<script>alert(1)</script> <b onclick="x()">bold</b> <kbd onclick="x()">K</kbd> <iframe src="https://example.org"></iframe>${end}`,
    async check(answer) {
      const cell = answer.locator('td').first();
      expect(await cell.locator('br').count()).toBe(1);
      expect(await texts(answer, 'sub')).toEqual(['2']);
      expect(await texts(answer, 'sup')).toEqual(['2']);
      expect(await texts(answer, 'kbd')).toEqual(['Ctrl', 'C']);
      expect(await texts(answer, 'summary')).toEqual(['More of it']);
      expect(await texts(answer, 'details li')).toEqual(['one', 'two']);
      expect(await texts(answer, 'details strong')).toEqual(['it', 'two']);
      expect(await texts(answer, 'details pre')).toEqual(['const a = 1;']);
      expect(await answer.locator('details > :not(summary)').first().isVisible()).toBe(false);
      expect(await answer.locator('script, b, iframe, [onclick]').count()).toBe(0);
      const text = await seen(answer);
      expect(text).toContain('<script>alert(1)</script> <b onclick="x()">bold</b> <kbd onclick="x()">K</kbd>');
      await endIsWhole(answer);
    },
  },
  {
    name: 'lines',
    sees: 'four lines where four were written',
    text: `The tide comes in,\nthe tide goes out,\nand whoever builds\nlearns to count.${end}`,
    async check(answer) {
      const first = answer.locator('p').first();
      expect(await first.locator('br').count()).toBe(3);
      expect(await first.textContent()).toBe(
        'The tide comes in,\nthe tide goes out,\nand whoever builds\nlearns to count.',
      );
      await endIsWhole(answer);
    },
  },
  {
    name: 'Markdown in Markdown',
    sees: 'one block up to its own closing fence',
    text: `So:\n\n\`\`\`markdown\n# Title\n\n\`\`\`js\nconst a = 1;\n\`\`\`\n\nThen\n\n\`\`\`\nnpm i\n\`\`\`\n\nmore\n\`\`\`${end}`,
    async check(answer) {
      expect(await texts(answer, 'pre')).toEqual([
        '# Title\n\n```js\nconst a = 1;\n```\n\nThen\n\n```\nnpm i\n```\n\nmore',
      ]);
      await endIsWhole(answer);
    },
  },
  {
    name: 'drawing',
    sees: 'the drawing with its source a click away, and broken source as source',
    text: `\`\`\`mermaid\nflowchart LR\n  A[Start] --> B{Done?}\n  B -- yes --> C[End]\n\`\`\`\n\n\`\`\`mermaid\nflowchart LR\n  A[Start --> \n  )B{{\n\`\`\`${end}`,
    async check(answer) {
      const [drawn, broken] = [answer.locator('figure').nth(0), answer.locator('figure').nth(1)];
      await drawn.scrollIntoViewIfNeeded();
      await drawn.getByRole('button', { name: 'Show source' }).waitFor({ timeout: 30_000 });
      expect(await drawn.locator('pre').count()).toBe(0);
      const image = drawn.locator('img');
      expect(decodeURIComponent((await image.getAttribute('src')) ?? '')).toContain('Done?');
      expect(
        await image.evaluate((element: HTMLImageElement) => element.decode().then(() => element.naturalWidth)),
      ).toBeGreaterThan(100);
      expect(await answer.page().locator('iframe').getAttribute('sandbox')).toBe('allow-scripts');
      await drawn.getByRole('button', { name: 'Show source' }).click();
      expect(await drawn.locator('pre').textContent()).toContain('A[Start] --> B{Done?}');
      await drawn.getByRole('button', { name: 'Show drawing' }).click();
      await expect.poll(() => broken.getAttribute('data-drawing'), { timeout: 30_000 }).toBe('broken');
      expect(await broken.locator('pre').textContent()).toContain('A[Start -->');
      await endIsWhole(answer);
    },
  },
  {
    name: 'sources',
    sees: 'a link for the number of a cited source, and text for other numbers',
    citations: ['https://example.org/one', 'https://example.org/two'],
    text: `The tide is slow [1], and turns twice a day.[2][1] No more [3], \`a[1]\`.${end}`,
    async check(answer) {
      const links = answer.locator('a');
      expect(await links.allTextContents()).toEqual(['[1]', '[2]', '[1]']);
      expect(await links.nth(1).getAttribute('href')).toBe('https://example.org/two');
      expect(await seen(answer)).toContain('The tide is slow [1], and turns twice a day.[2][1] No more [3], a[1].');
      await endIsWhole(answer);
    },
  },
];
