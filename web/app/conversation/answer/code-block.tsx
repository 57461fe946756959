import { answers as words } from 'texts:chat';
import { Check, Copy } from 'lucide-react';
import { type CSSProperties, memo, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { useIsCodeFenceIncomplete } from 'streamdown';
import { useCopy } from '../../ui/browser/copy.ts';
import { Button } from '../../ui/button.tsx';
import { ColouredBlock } from './colouring/colours.client.ts';
import type { ColouredLine, ColouredToken } from './colouring/messages.ts';
import { canBeDrawn, Drawing, type DrawingState } from './drawing/drawing.tsx';

/**
 * A fenced block of code with its language and a copy button. Its lines do not wrap, and get their colours when the
 * highlighter has loaded. A block that can be drawn shows its drawing, with its source a click away.
 */
export function CodeBlock({ className, children }: { className?: string; children?: ReactNode }) {
  const language = /language-(\S+)/.exec(className ?? '')?.[1] ?? '';
  const code = textOf(children).replace(/\n$/, '');
  const writing = useIsCodeFenceIncomplete();
  const lines = useHighlighted(code, language, writing);
  const [copied, copy] = useCopy();
  const [drawing, setDrawing] = useState<DrawingState>('waiting');
  const [sourceAsked, askSource] = useState(false);
  const drawable = !writing && canBeDrawn(language, code);
  const isDrawn = drawable && drawing === 'drawn';
  const sourceShown = !isDrawn || sourceAsked;
  return (
    <figure
      dir="ltr"
      className="overflow-hidden rounded-md border bg-code"
      data-drawing={drawable ? drawing : undefined}
    >
      <figcaption className="flex h-8 items-center justify-between border-b pe-1 ps-3 font-mono text-xs text-muted-foreground">
        <span className="me-auto">{language || words.codeLanguage}</span>
        {isDrawn ? (
          <Button variant="ghost" size="small" className="h-6" onClick={() => askSource(!sourceAsked)}>
            {sourceAsked ? words.showDrawing : words.showSource}
          </Button>
        ) : null}
        <Button
          variant="ghost"
          size="icon"
          className="size-6 [&_svg]:size-3.5"
          aria-label={copied ? words.copied : words.copyCode}
          onClick={() => copy(code)}
        >
          {copied ? <Check /> : <Copy />}
        </Button>
      </figcaption>
      {drawable && drawing !== 'broken' ? <Drawing source={code} shown={!sourceShown} onState={setDrawing} /> : null}
      {sourceShown ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable by keyboard
        <pre className="overflow-x-auto px-3 py-2 font-mono text-sm" data-scrolls-sideways tabIndex={0}>
          <code>{lines ? <Lines lines={lines} code={code} /> : code}</code>
        </pre>
      ) : null}
    </figure>
  );
}

/** The text inside a code element. */
export function textOf(children: ReactNode): string {
  if (typeof children === 'string') return children;
  return Array.isArray(children) ? children.map(textOf).join('') : '';
}

/** The pause between two colourings of code that is being written. */
const pauseMs = 200;

/** Code with more characters, in all or in one line, stays in one colour. */
const [colouredMax, colouredLineMax] = [100_000, 2_000];

/** How many characters are coloured in one go. Between two pieces the page responds to the member. */
const pieceLength = 5_000;

function canBeColoured(code: string): boolean {
  return code.length <= colouredMax && code.split('\n').every((line) => line.length <= colouredLineMax);
}

/** Yields where each piece ends: at the end of a line. */
function* piecesOf(code: string): Generator<number> {
  for (let end = pieceLength; end < code.length; end += pieceLength) {
    const newline = code.indexOf('\n', end);
    if (newline < 0) break;
    end = newline + 1;
    yield end;
  }
  yield code.length;
}

/** The newest colours of the code. While code arrives, they may lack the last characters. */
function useHighlighted(code: string, language: string, writing: boolean): readonly ColouredLine[] | null {
  const [lines, setLines] = useState<readonly ColouredLine[] | null>(null);
  const lastAt = useRef(Number.NEGATIVE_INFINITY);
  const block = useRef<ColouredBlock | null>(null);
  useEffect(() => () => block.current?.end(), []);
  useEffect(() => {
    if (!language || !canBeColoured(code)) return;
    let wanted = true;
    async function highlight(): Promise<void> {
      lastAt.current = performance.now();
      block.current ??= new ColouredBlock();
      // Each piece is coloured from the end of the one before, and drawn by itself.
      for (const end of piecesOf(code)) {
        if (!wanted) return;
        const isIncomplete = writing || end < code.length;
        const lines = await block.current.colour({ code: code.slice(0, end), language, isIncomplete });
        if (!lines) return;
        if (wanted) setLines(lines);
      }
    }
    const waitMs = writing ? lastAt.current + pauseMs - performance.now() : 0;
    const timer = setTimeout(() => void highlight(), Math.max(0, waitMs));
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [code, language, writing]);
  return lines;
}

/** The highlighted lines, then the code that arrived since, so that no character waits for its colour. */
function Lines({ lines, code }: { lines: readonly ColouredLine[]; code: string }) {
  const texts = useMemo(() => lines.map((tokens) => tokens.map(({ text }) => text).join('')), [lines]);
  const rows = code.split('\n');
  return rows.map((row, index) => {
    const text = texts[index];
    const tokens = text !== undefined && row.startsWith(text) ? lines[index] : undefined;
    const newline = index < rows.length - 1 ? '\n' : '';
    // biome-ignore lint/suspicious/noArrayIndexKey: a line of code is known by its number
    return <Line key={index} tokens={tokens ?? noTokens} text={row + newline} />;
  });
}

const noTokens: ColouredLine = [];

/** A finished line has the same tokens each time, so that `memo` does not draw it again. */
const Line = memo(function Line({ tokens, text }: { tokens: ColouredLine; text: string }) {
  const length = tokens.reduce((sum, token) => sum + token.text.length, 0);
  return (
    <>
      {tokens.map((token, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a token is known by its place in its line
        <span key={index} className="token" style={tokenColours(token)}>
          {token.text}
        </span>
      ))}
      {text.slice(length)}
    </>
  );
});

function tokenColours({ light, dark }: ColouredToken): CSSProperties {
  return { '--token-light': light, '--token-dark': dark } as CSSProperties;
}
