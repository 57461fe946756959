import { answers as texts } from 'texts:chat';
import { useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { ResponseFieldsFragment } from '../../graphql/generated/graphql.ts';
import { useAlive } from '../../ui/browser/alive.ts';
import { useBrowserLayoutEffect } from '../../ui/browser/layout-effect.ts';
import { AnswerBoundary } from './answer-boundary.tsx';
import { excessOf } from './answer-budget.ts';
import { CitationsContext } from './formatting/citation.tsx';
import { FormattingQueue } from './formatting-queue.ts';
import { KeptPlace } from './kept-place.tsx';
import { loadedMarkdown, onMarkdown, type Renderer } from './markdown-loading.ts';
import { usePaced } from './pace.ts';

const queue = new FormattingQueue();
if (loadedMarkdown()) queue.begin();
else onMarkdown(() => queue.begin());

interface AnswerProps {
  text: string;
  writing: boolean;
  citations: ResponseFieldsFragment['citations'];
}

/** An answer's text. It is plain in the server's page and until the queue formats it; then it is Markdown, within its budget. */
export function Answer({ text, writing, citations }: AnswerProps) {
  const Markdown = useSyncExternalStore(onMarkdown, loadedMarkdown, none);
  const [isDue, setDue] = useState(false);
  const alive = useAlive();
  const ref = useRef<HTMLDivElement>(null);
  const length = useRef(text.length);
  const formatted = Markdown !== null && isDue;
  useBrowserLayoutEffect(() => {
    if (formatted || !ref.current) return;
    return queue.add({ element: ref.current, length: length.current, format: () => setDue(true) });
  }, [formatted]);
  const isWhole = alive || text.length <= beginningMax;
  return (
    <KeptPlace of={formatted ? 'formatted' : isWhole ? 'plain' : 'begun'}>
      {formatted ? (
        <AnswerBoundary fallback={<PlainAnswer text={text} reason={texts.unreadable} />}>
          <CitationsContext.Provider value={citations}>
            <FormattedAnswer Markdown={Markdown} text={text} writing={writing} />
          </CitationsContext.Provider>
        </AnswerBoundary>
      ) : (
        <div ref={ref} className={plain} data-unformatted>
          {isWhole ? text : beginningOf(text)}
        </div>
      )}
    </KeptPlace>
  );
}

/** The server's page shows at most this many characters of an answer as HTML. The page's data hold the whole answer. */
const beginningMax = 20_000;

function beginningOf(text: string): string {
  // The cut is not between the halves of a surrogate pair: UTF-8 cannot hold one half alone.
  return text.slice(0, beginningMax).replace(/[\uD800-\uDBFF]$/, '');
}

const plain = 'answer measure whitespace-pre-wrap';

type FormattedAnswerProps = Pick<AnswerProps, 'text' | 'writing'> & { Markdown: Renderer };

function FormattedAnswer({ Markdown, text, writing }: FormattedAnswerProps) {
  const { shown, rendered } = usePaced(text, writing);
  // An answer only grows, so one that has exceeded its budget stays plain text.
  const excess = useMemo(() => excessOf(shown), [shown]);
  useLayoutEffect(rendered);
  if (excess) return <PlainAnswer text={shown} reason={excess} />;
  return <Markdown text={shown} writing={writing} />;
}

/** @param reason the sentence that says why it is plain */
function PlainAnswer({ text, reason }: { text: string; reason: string }) {
  return (
    <>
      <div className={plain}>{text}</div>
      <p className="mt-3 text-sm text-muted-foreground">{reason}</p>
    </>
  );
}

const none = () => null;
