import { useEffect } from 'react';
import { Answer } from './answer.tsx';
import { loadMarkdown } from './markdown-loading.ts';

/** An answer outside a conversation, all of which is there. What formats it is loaded with the first one. */
export function WholeAnswer({ text }: { text: string }) {
  useEffect(() => void loadMarkdown(), []);
  return <Answer text={text} writing={false} citations={[]} />;
}
