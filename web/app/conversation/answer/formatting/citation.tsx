import { createContext, useContext } from 'react';
import type { ResponseFieldsFragment } from '../../../graphql/generated/graphql.ts';

/** The sources that the answer cites. The source with number 1 is the first. */
export const CitationsContext = createContext<ResponseFieldsFragment['citations']>([]);

/** A number in brackets, which links to the source with that number if there is one. */
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

/** Whether the address can be linked to. A provider may cite anything, even `https://` alone. */
export function isWebAddress(url: string): boolean {
  return /^https?:/i.test(url) && URL.canParse(url);
}
