import { answers as texts } from 'texts:chat';
import { type ComponentProps, type CSSProperties, type JSX, memo, type ReactNode, useMemo, useState } from 'react';
import remarkBreaks from 'remark-breaks';
import remarkCjkFriendly from 'remark-cjk-friendly';
import remarkCjkFriendlyStrikethrough from 'remark-cjk-friendly-gfm-strikethrough';
import remarkGfm from 'remark-gfm';
import { type Components, defaultRehypePlugins, defaultRemarkPlugins, Streamdown } from 'streamdown';
import { sentence } from '../../languages/sentence.tsx';
import { Button } from '../../ui/button.tsx';
import { AnswerBoundary } from './answer-boundary.tsx';
import { CodeBlock, textOf } from './code-block.tsx';
import { rehypeDirection } from './direction.ts';
import { Citation } from './formatting/citation.tsx';
import { withClosedFolds } from './formatting/folds.ts';
import { harmlessElements, remarkHarmlessHtml } from './formatting/harmless-html.ts';
import { prepared } from './formatting/prepare.ts';
import { remarkCitations } from './formatting/remark-citations.ts';
import { remarkMarks } from './formatting/remark-marks.ts';
import { Formula, FormulaSource } from './formula.tsx';

// The rules of .answer in app.css style these elements.
const plain = Object.fromEntries(
  ['p', 'ul', 'ol', 'li', 'blockquote', 'hr', 'strong', 'sup', 'sub'].map((tag) => [tag, tag]),
) as Components;

/**
 * An answer's headings stand below those of the page, whose third level names the models. Most answers begin with their
 * second level, which therefore leaves none out.
 */
const headings = Object.fromEntries(
  (['h1', 'h2', 'h3', 'h4', 'h5', 'h6'] as const).map((Tag, index) => [
    Tag,
    ({ node: _, ...props }: JSX.IntrinsicElements['h1'] & { node?: unknown }) => (
      <Tag {...props} aria-level={Math.max(4, Math.min(index + 3, 6))} />
    ),
  ]),
) as Components;

// The cast is needed because the index signature of `Components` accepts no component with its element's own props.
const components = {
  ...plain,
  ...headings,
  thead: 'thead',
  tbody: 'tbody',
  tr: 'tr',
  th: ({ style, children }: JSX.IntrinsicElements['th']) => <th className={alignment(style)}>{children}</th>,
  td: ({ style, children }: JSX.IntrinsicElements['td']) => <td className={alignment(style)}>{children}</td>,
  inlineCode: ({ className, children }: JSX.IntrinsicElements['code']) => {
    if (isIn('math', className)) return formula(textOf(children), false);
    if (isIn('citation', className)) return <Citation>{textOf(children)}</Citation>;
    return <code dir="ltr">{children}</code>;
  },
  code: ({ className, children }: JSX.IntrinsicElements['code']) =>
    isIn('math', className) ? (
      formula(textOf(children).trim(), true)
    ) : (
      <AnswerBoundary fallback={<pre className="overflow-x-auto font-mono text-sm">{children}</pre>}>
        <CodeBlock className={className}>{children}</CodeBlock>
      </AnswerBoundary>
    ),
  table: ({ node: _, dir, ...props }) => (
    <section
      dir={dir}
      className="overflow-x-auto rounded-md border"
      data-scrolls-sideways
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable by keyboard
      tabIndex={0}
      aria-label={texts.table}
    >
      <table {...props} className="w-full" />
    </section>
  ),
  a: ({ node: _, href, children }) => (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  ),
  img: ({ src, alt }) => <AskedImage src={typeof src === 'string' ? src : ''} alt={alt ?? ''} />,
} as Components;

/** A column's alignment as a class: the page's Content-Security-Policy refuses a style attribute. */
function alignment(style: CSSProperties | undefined): string | undefined {
  if (style?.textAlign === 'right') return 'text-right';
  return style?.textAlign === 'center' ? 'text-center' : undefined;
}

/** A formula. If typesetting throws, it is shown as it was written. */
function formula(raw: string, apart: boolean): JSX.Element {
  return (
    <AnswerBoundary fallback={<FormulaSource raw={raw} apart={apart} />}>
      <Formula raw={raw} apart={apart} />
    </AnswerBoundary>
  );
}

/** Whether the code is in this language. The plugins give formulas and citations to the renderer as code in such a language. */
function isIn(language: string, className: string | undefined): boolean {
  return className?.split(' ').includes(`language-${language}`) ?? false;
}

type Plugins = (typeof defaultRehypePlugins)[string][];

/** The default plugins without rehype-raw, so that HTML in an answer is shown as text. The sanitizer passes harmless elements. */
const rehypePlugins: Plugins = [
  ...Object.entries(defaultRehypePlugins)
    .filter(([name]) => name !== 'raw')
    .map(([name, plugin]) => (name === 'sanitize' ? withHarmlessElements(plugin) : plugin)),
  rehypeDirection,
];

function withHarmlessElements(plugin: Plugins[number]): Plugins[number] {
  const [sanitize, schema] = plugin as unknown as [Plugins[number], { tagNames: string[] }];
  return [sanitize, { ...schema, tagNames: [...schema.tagNames, ...harmlessElements] }] as Plugins[number];
}

const { gfm: _, ...otherRemarkPlugins } = defaultRemarkPlugins;

const remarkPlugins: Plugins = [
  // A single tilde strikes nothing out: 20~25 is a range.
  [remarkGfm, { singleTilde: false }],
  ...Object.values(otherRemarkPlugins),
  remarkCjkFriendly,
  [remarkCjkFriendlyStrikethrough, { singleTilde: false }],
  remarkBreaks,
  remarkMarks,
  remarkHarmlessHtml,
  remarkCitations,
] as Plugins;

/** How an unfinished block is closed for show. Formulas are marked by then, so `katex` is off; folds are closed last. */
const remend: ComponentProps<typeof Streamdown>['remend'] = {
  singleTilde: false,
  comparisonOperators: false,
  katex: false,
  handlers: [{ name: 'folds', handle: withClosedFolds, priority: 1000 }],
};

/** Renders an answer's text as it grows. A complete block is rendered once; an unfinished one is closed for show. */
const Markdown = memo(function Markdown({ text, writing }: { text: string; writing: boolean }) {
  const shown = useMemo(() => prepared(text, writing), [text, writing]);
  return (
    <Streamdown
      className="answer"
      components={components}
      remarkPlugins={remarkPlugins}
      rehypePlugins={rehypePlugins}
      mode="streaming"
      parseIncompleteMarkdown={writing}
      isAnimating={writing}
      linkSafety={{ enabled: false }}
      controls={false}
      remend={remend}
      data-writing={writing ? '' : undefined}
    >
      {shown}
    </Streamdown>
  );
});

export default Markdown;

const tags = { host: (host: ReactNode) => <span className="text-muted-foreground">{host}</span> };

/** An image that is fetched only when the member asks for it, and only over https: fetching tells its host who looks at it. */
function AskedImage({ src, alt }: { src: string; alt: string }) {
  const [asked, setAsked] = useState(false);
  if (!URL.canParse(src) || new URL(src).protocol !== 'https:') {
    return <span className="text-muted-foreground">[{alt || texts.image}]</span>;
  }
  const { host } = new URL(src);
  if (asked) return <img src={src} alt={alt} referrerPolicy="no-referrer" className="max-w-full rounded-md border" />;
  return (
    <Button size="small" className="max-w-full" onClick={() => setAsked(true)}>
      <span className="truncate">
        {alt ? sentence(texts.showImageOf, { alt, host }, tags) : sentence(texts.showImage, { host }, tags)}
      </span>
    </Button>
  );
}
