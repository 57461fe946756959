import { useSearchParams } from '@remix-run/react';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { Fragment, type ReactNode } from 'react';
import { classes } from './classes.ts';

export interface Column<Row> {
  id: string;
  head: string;
  /** Whether the cells are numbers: these are on the right, in figures of one width. */
  numeric?: boolean;
  cell: (row: Row) => ReactNode;
  /** Makes the head a button that sorts by this; nulls come last either way. */
  sortBy?: (row: Row) => number | string | null;
  /** The cell at the table's foot. */
  total?: ReactNode;
  /** The classes of the column's head and cells, for example to hide it where there is no room. */
  className?: string;
}

export interface Sort {
  column: string;
  descending: boolean;
}

interface TableProps<Row> {
  /** The table's name for screen readers. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  sort?: Sort | null;
  onSort?: (sort: Sort) => void;
  /** Content below a row, over its whole width; null for none. */
  detail?: (row: Row) => ReactNode;
}

/** A table whose head stays in sight while the page scrolls. On a phone it scrolls sideways, and its first column stays. */
export function Table<Row>({ label, columns, rows, keyOf, sort, onSort, detail }: TableProps<Row>) {
  const shown = sort ? sorted(rows, columns, sort) : rows;
  const hasTotal = columns.some((column) => column.total !== undefined);
  return (
    <div className="max-md:-mx-4 max-md:overflow-x-auto">
      <table className="w-full border-separate border-spacing-0 text-sm" aria-label={label}>
        <thead>
          <tr>
            {columns.map((column, index) => (
              <Head key={column.id} column={column} look={lookOf(columns, index)} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => {
            const below = detail?.(row);
            return (
              <Fragment key={keyOf(row)}>
                <tr className="group">
                  {columns.map((column, index) => (
                    <td
                      key={column.id}
                      className={classes(lookOf(columns, index), 'py-2', below == null && 'border-b')}
                    >
                      {column.cell(row)}
                    </td>
                  ))}
                </tr>
                {below != null ? (
                  <tr>
                    <td colSpan={columns.length} className="border-b px-3 pb-4 max-md:px-4">
                      {below}
                    </td>
                  </tr>
                ) : null}
              </Fragment>
            );
          })}
        </tbody>
        {hasTotal ? (
          <tfoot>
            <tr>
              {columns.map((column, index) => (
                <td
                  key={column.id}
                  className={classes(lookOf(columns, index), 'border-t border-t-input py-2 font-medium')}
                >
                  {column.total}
                </td>
              ))}
            </tr>
          </tfoot>
        ) : null}
      </table>
    </div>
  );
}

function lookOf<Row>(columns: readonly Column<Row>[], index: number): string {
  const { numeric, className } = columns[index] ?? {};
  return classes(
    'px-3 align-middle max-xl:px-2 max-md:first:ps-4 max-md:last:pe-4',
    numeric && 'figures text-end whitespace-nowrap',
    // A column of text keeps its distance from a column of figures on its left.
    !numeric && columns[index - 1]?.numeric && 'ps-8',
    index === 0 && 'max-md:sticky max-md:start-0 max-md:z-1 max-md:bg-background',
    className,
  );
}

interface HeadProps<Row> {
  column: Column<Row>;
  look: string;
  sort: Sort | null | undefined;
  onSort: ((sort: Sort) => void) | undefined;
}

function Head<Row>({ column, look, sort, onSort }: HeadProps<Row>) {
  const { id, head, numeric = false, sortBy } = column;
  const active = sort?.column === id;
  const Arrow = active && !sort.descending ? ArrowUp : ArrowDown;
  return (
    <th
      scope="col"
      aria-sort={active ? (sort.descending ? 'descending' : 'ascending') : undefined}
      className={classes(
        look,
        'sticky top-0 z-10 border-b border-b-input bg-background py-2 font-medium whitespace-normal text-muted-foreground max-md:whitespace-nowrap max-md:first:z-20',
        !numeric && 'text-start',
      )}
    >
      {sortBy && onSort ? (
        <button
          type="button"
          onClick={() => onSort({ column: id, descending: active ? !sort.descending : numeric })}
          className={classes(
            'group/sort inline-flex items-center gap-1 align-top rounded-sm hover:text-foreground max-md:-my-2 max-md:min-h-[44px]',
            numeric && 'flex-row-reverse text-end',
            active && 'text-foreground',
          )}
        >
          {head}
          <Arrow
            aria-hidden="true"
            className={classes('size-3.5', !active && 'opacity-0 group-hover/sort:opacity-60')}
          />
        </button>
      ) : (
        head
      )}
    </th>
  );
}

export function sorted<Row>(rows: readonly Row[], columns: readonly Column<Row>[], sort: Sort): Row[] {
  const sortBy = columns.find(({ id }) => id === sort.column)?.sortBy;
  if (!sortBy) return [...rows];
  const sign = sort.descending ? -1 : 1;
  return rows.toSorted((one, other) => {
    const [a, b] = [sortBy(one), sortBy(other)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return sign * (typeof a === 'string' ? a.localeCompare(String(b), 'en') : a - Number(b));
  });
}

/** Reads the sort from the address: `credits`, or `-credits` for the greatest first. */
export function readSort(value: string | null): Sort | null {
  if (!value) return null;
  return value.startsWith('-') ? { column: value.slice(1), descending: true } : { column: value, descending: false };
}

export function writeSort({ column, descending }: Sort): string {
  return descending ? `-${column}` : column;
}

/** The sort that the page's address keeps as `sort`, and what puts another one there. */
export function useSortInAddress(): { sort: Sort | null; onSort: (sort: Sort) => void } {
  const [search, setSearch] = useSearchParams();
  return {
    sort: readSort(search.get('sort')),
    onSort: (sort) => {
      const next = new URLSearchParams(search);
      next.set('sort', writeSort(sort));
      setSearch(next, { replace: true, preventScrollReset: true });
    },
  };
}

/** Whether the addresses differ only by the sort, which a table does by itself: nothing has to be loaded for it. */
export function differBySortOnly(one: URL, other: URL): boolean {
  const unsorted = ({ searchParams }: URL) => {
    const rest = new URLSearchParams(searchParams);
    rest.delete('sort');
    return `${rest}`;
  };
  return one.href !== other.href && one.pathname === other.pathname && unsorted(one) === unsorted(other);
}
