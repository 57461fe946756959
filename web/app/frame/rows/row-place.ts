/** The place of a row in a list. A row has `data-row`, a list is a `nav`. */
export interface RowPlace {
  list: Element;
  /** The row's index among all rows of the list. */
  index: number;
}

export function placeOf(row: Element | null): RowPlace | null {
  const list = row?.closest('nav');
  return row && list ? { list, index: rowsOf(list).indexOf(row) } : null;
}

/** Focuses a row after an action that may have moved it. If the action removed it, the row in its place gets the focus. */
export function focusAt(place: RowPlace | null, id: string): void {
  if (!place) return;
  const rows = rowsOf(place.list);
  // A pinned conversation has a row in its folder too.
  const isRow = (other: Element | undefined) => other?.getAttribute('data-row') === id;
  const row = isRow(rows[place.index]) ? rows[place.index] : rows.find(isRow);
  const instead = rows[place.index] ?? rows.at(-1) ?? place.list;
  const target = row?.querySelector('button') ?? instead.querySelector<HTMLElement>('a, button');
  target?.focus();
}

function rowsOf(list: Element): Element[] {
  return [...list.querySelectorAll('[data-row]')];
}
