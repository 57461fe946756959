import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ownTables } from '../../src/database/backup/own-tables.ts';
import { batchesOf } from '../../src/database/backup/rows.ts';
import { findForeignTables, findTableShapes } from '../../src/database/backup/table-shapes.ts';
import { describeDatabases } from '../setup/describe-databases.ts';

it('cuts rows into batches of a size that fits, or of a single row, and leaves none out', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(200)), fc.integer({ min: 1, max: 300 }), (sizes, bytesMax) => {
      const batches = batchesOf(sizes, bytesMax);
      expect(batches.reduce((sum, count) => sum + count, 0)).toBe(sizes.length);
      let start = 0;
      for (const count of batches) {
        const bytes = sizes.slice(start, start + count).reduce((sum, size) => sum + size, 0);
        expect(count === 1 || (count > 1 && bytes <= bytesMax)).toBe(true);
        start += count;
      }
    }),
  );
});

describeDatabases('the tables of a backup', (database) => {
  it('are all tables that the migrations make', async () => {
    const shapes = await findTableShapes(database().db);
    expect(shapes.map(({ name }) => name)).toEqual([...ownTables].sort());
    expect(await findForeignTables(database().db)).toEqual([]);
  });
});
