import type { ResponseFieldsFragment } from '../../graphql/generated/graphql.ts';
import { isWebAddress } from './formatting/citation.tsx';

/** The sources that an answer cites, with their numbers. */
export function Citations({ citations }: { citations: ResponseFieldsFragment['citations'] }) {
  return (
    <ol className="flex flex-col gap-1 border-t pt-3 text-sm">
      {citations.map(({ url, title }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a citation is known by its number, and two may name one address
        <li key={index} className="flex min-w-0 gap-2">
          <span className="figures text-muted-foreground">[{index + 1}]</span>
          {isWebAddress(url) ? (
            <a
              href={url}
              target="_blank"
              rel="noopener noreferrer nofollow"
              className="truncate text-primary hover:underline"
            >
              {title ?? new URL(url).host}
            </a>
          ) : (
            <span className="truncate">{title ?? url}</span>
          )}
        </li>
      ))}
    </ol>
  );
}
