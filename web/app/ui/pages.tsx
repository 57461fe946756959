import { Link, useSearchParams } from '@remix-run/react';
import { Button } from './button.tsx';

interface PagesProps {
  label: string;
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
  /** The labels of the links to the first page and to the next one. */
  first: string;
  next: string;
}

/** Links to the pages of a list that is read forwards. The address keeps the place as `after`. */
export function Pages({ label, pageInfo, first, next }: PagesProps) {
  const [search] = useSearchParams();
  const at = (after: string | null) => {
    const address = new URLSearchParams(search);
    if (after === null) address.delete('after');
    else address.set('after', after);
    return `?${address}`;
  };
  const further = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  if (!further && !search.has('after')) return null;
  return (
    <nav aria-label={label} className="flex gap-2">
      {search.has('after') ? (
        <Button asChild size="small">
          <Link to={at(null)} preventScrollReset>
            {first}
          </Link>
        </Button>
      ) : null}
      {further ? (
        <Button asChild size="small">
          <Link to={at(further)} preventScrollReset>
            {next}
          </Link>
        </Button>
      ) : null}
    </nav>
  );
}
