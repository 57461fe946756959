import { lazy, Suspense } from 'react';

/** The Markdown renderer is large: it comes after the page, which shows the plain text until then. */
export const loadMarkdown = () => import('./markdown.tsx');
const Markdown = lazy(loadMarkdown);

export function Answer({ text, writing }: { text: string; writing: boolean }) {
  return (
    <Suspense fallback={<div className="answer measure whitespace-pre-wrap">{text}</div>}>
      <Markdown text={text} writing={writing} />
    </Suspense>
  );
}
