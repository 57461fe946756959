import fc from 'fast-check';
import Papa from 'papaparse';
import { expect, test } from 'vitest';
import { readSheets } from './sheets.ts';

test('a workbook’s sheets are told apart by their marks, and a CSV file is one sheet without a name', () => {
  expect(readSheets('[Sheet: Prices]\nmodel,credits\na,1\n\n[Sheet: Notes]\nwhat\n"x\ny"')).toEqual([
    {
      name: 'Prices',
      rows: [
        ['model', 'credits'],
        ['a', '1'],
      ],
    },
    { name: 'Notes', rows: [['what'], ['x\ny']] },
  ]);
  expect(readSheets('a;b\n1;"2;3"')).toEqual([
    {
      name: '',
      rows: [
        ['a', 'b'],
        ['1', '2;3'],
      ],
    },
  ]);
  expect(readSheets('')).toEqual([]);
});

test('any table is read as it was written', () => {
  const cell = fc.stringMatching(/^[a-z",\n0-9]{0,8}$/);
  const table = fc
    .integer({ min: 2, max: 5 })
    .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 }));
  fc.assert(
    fc.property(table, (rows) => {
      const [sheet] = readSheets(Papa.unparse(rows, { quotes: true, delimiter: ',', newline: '\n' }));
      expect(sheet?.rows).toEqual(rows);
    }),
  );
});
