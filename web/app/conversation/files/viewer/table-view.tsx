import { viewer as texts } from 'texts:tools';
import { useMemo, useState } from 'react';
import { Button } from '../../../ui/button.tsx';
import { formatCount } from '../../../ui/figures.ts';
import { Select } from '../../../ui/select.tsx';
import { readSheets } from './sheets.ts';

/** Rows that are drawn at once: more would hold up the page. */
const rowsAtOnce = 500;
/** Columns of which a row shows the first. */
const columnsMax = 100;

/** A CSV file or a workbook's sheets as tables. */
export function TableView({ text }: { text: string }) {
  const sheets = useMemo(() => readSheets(text), [text]);
  const [chosen, setChosen] = useState(0);
  const [drawn, setDrawn] = useState(rowsAtOnce);
  const sheet = sheets[chosen] ?? sheets[0];
  if (!sheet || sheet.rows.length === 0) return <p className="text-sm text-muted-foreground">{texts.tableEmpty}</p>;
  const [head = [], ...body] = sheet.rows;
  const columns = Math.min(columnsMax, Math.max(...sheet.rows.slice(0, drawn).map(({ length }) => length)));
  const cells = Array.from({ length: columns }, (_, column) => column);
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm text-muted-foreground">
        {sheets.length > 1 ? (
          <Select
            aria-label={texts.sheet}
            value={String(chosen)}
            onChange={({ target }) => {
              setChosen(Number(target.value));
              setDrawn(rowsAtOnce);
            }}
          >
            {sheets.map(({ name }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the sheets of a file never change
              <option key={index} value={index}>
                {name || texts.sheetNumber({ number: index + 1 })}
              </option>
            ))}
          </Select>
        ) : null}
        <p className="figures">
          {columns === columnsMax
            ? texts.rowsOfColumns({ rows: body.length, columns })
            : texts.rows({ rows: body.length })}
        </p>
      </div>
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls it
        tabIndex={0}
        aria-label={texts.table}
        className="min-h-0 flex-1 overflow-auto rounded-md border"
      >
        <table className="figures w-max min-w-full text-sm">
          <thead className="sticky top-0 bg-muted">
            <tr>
              <th className="border-b px-2 py-1 text-end font-normal text-muted-foreground">
                <span className="sr-only">{texts.row}</span>
              </th>
              {cells.map((column) => (
                <th key={column} scope="col" className="max-w-80 truncate border-b px-3 py-1 text-start font-semibold">
                  {head[column]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {body.slice(0, drawn).map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the rows of a file never change
              <tr key={index} className="odd:bg-card even:bg-background">
                <td className="px-2 py-1 text-end text-muted-foreground">{formatCount(index + 2)}</td>
                {cells.map((column) => (
                  <td key={column} className="max-w-80 truncate px-3 py-1" title={row[column]}>
                    {row[column]}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {body.length > drawn ? (
          <Button size="small" className="m-3" onClick={() => setDrawn(drawn + rowsAtOnce)}>
            {texts.showMoreRows}
          </Button>
        ) : null}
      </section>
    </>
  );
}
