/** Where a row of a list stands: the row of `data-row`, the list a `nav`. */
export interface RowPlace {
  list: Element;
  /** Among all rows of the list. */
  index: number;
}

export function placeOf(row: Element | null): RowPlace | null {
  const list = row?.closest('nav');
  return row && list ? { list, index: rowsOf(list).indexOf(row) } : null;
}

/** What was done to a row may have moved it, or taken it away: the focus goes to it, or to what took its place. */
export function focusAt(place: RowPlace | null, id: string): void {
  if (!place) return;
  const rows = rowsOf(place.list);
  const row = rows.find((other) => other.getAttribute('data-row') === id);
  const instead = rows[place.index] ?? rows.at(-1) ?? place.list;
  const target = row?.querySelector('button') ?? instead.querySelector<HTMLElement>('a, button');
  target?.focus();
}

function rowsOf(list: Element): Element[] {
  return [...list.querySelectorAll('[data-row]')];
}
