/** How an exported conversation looks: on the screen in the reader's theme, and on paper. */
export const htmlStyle = `
:root { color-scheme: light dark; --text: #1c1b19; --faint: #6a665f; --page: #fbfaf8; --raised: #fff; --line: #e3dfd8; --accent: #7a4b12; }
@media (prefers-color-scheme: dark) {
  :root { --text: #ece9e3; --faint: #a19c93; --page: #171614; --raised: #201f1c; --line: #36332e; --accent: #e3a75a; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.6 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: .8rem; letter-spacing: .06em; text-transform: uppercase; color: var(--faint); margin: 0 0 .4rem; }
h3 { font-size: .95rem; color: var(--accent); margin: 0 0 .5rem; }
h4, h5, h6 { margin: 1.2em 0 .4em; font-size: 1rem; }
h4 { font-size: 1.15rem; }
.when { color: var(--faint); margin: 0 0 1.5rem; }
.prompt, .answer { border: 1px solid var(--line); border-radius: 12px; padding: 1rem 1.1rem; margin: 0 0 1rem; background: var(--raised); }
.prompt { background: transparent; margin-top: 2rem; }
p { margin: .6em 0; }
a { color: var(--accent); }
pre { background: var(--page); border: 1px solid var(--line); border-radius: 8px; padding: .75rem .9rem; overflow-x: auto; white-space: pre; }
code { font: .88em/1.5 ui-monospace, monospace; }
blockquote { margin: .8em 0; padding-left: 1em; border-left: 3px solid var(--line); color: var(--faint); }
table { border-collapse: collapse; display: block; overflow-x: auto; margin: .8em 0; }
th, td { border: 1px solid var(--line); padding: .3em .6em; text-align: start; }
.list { padding-left: 1.3em; margin: .6em 0; }
.list .numbered, .list .more { list-style: none; }
.mark { color: var(--faint); }
.aside { color: var(--faint); margin: 0 0 .8rem; }
.aside summary { cursor: pointer; }
.file { color: var(--faint); }
.sources { color: var(--faint); font-size: .9rem; padding-left: 1.4em; }
figure { margin: .8em 0; }
img { max-width: 100%; height: auto; border-radius: 8px; }
figcaption { color: var(--faint); font-size: .85rem; }
@media print {
  :root { color-scheme: light; --text: #000; --faint: #444; --page: #fff; --raised: #fff; --line: #bbb; --accent: #000; }
  body { font-size: 11pt; }
  main { max-width: none; padding: 0; }
  h2, h3, h4, h5, h6, summary { break-after: avoid; }
  pre { white-space: pre-wrap; }
  pre, figure, tr { break-inside: avoid; }
  a { text-decoration: none; }
}
`;
