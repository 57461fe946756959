import type { ResponseFieldsFragment } from '../graphql/generated/graphql.ts';

/** Where an answer says it has its facts from. */
export function Citations({ citations }: { citations: ResponseFieldsFragment['citations'] }) {
  return (
    <ol className="flex flex-col gap-1 border-t pt-3 text-sm">
      {citations.map(({ url, title }, index) => (
        <li key={url} className="flex min-w-0 gap-2">
          <span className="figures text-muted-foreground">[{index + 1}]</span>
          {/^https?:/.test(url) ? (
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
