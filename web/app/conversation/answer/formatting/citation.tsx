import { createContext, useContext } from 'react';
import type { ResponseFieldsFragment } from '../../../graphql/generated/graphql.ts';

/** What the answer says it has its facts from, by number. */
export const CitationsContext = createContext<ResponseFieldsFragment['citations']>([]);

/** A number in brackets: a link to that source, where there is one of that number. */
export function Citation({ children: text }: { children: string }) {
  const citations = useContext(CitationsContext);
  const citation = citations[Number(/\d+/.exec(text)?.[0]) - 1];
  if (!citation || !isWebAddress(citation.url)) return <>{text}</>;
  return (
    <a href={citation.url} title={citation.title ?? undefined} target="_blank" rel="noopener noreferrer nofollow">
      {text}
    </a>
  );
}

/** A provider may cite anything, `https://` alone among it. */
export function isWebAddress(url: string): boolean {
  return /^https?:/i.test(url) && URL.canParse(url);
}
