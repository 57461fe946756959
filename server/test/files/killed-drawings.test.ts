import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, inject, it } from 'vitest';
import { openDatabase } from '../../src/database/connection/open.ts';
import { expectReconciled } from '../credits/audit.ts';
import { labCatalogue } from '../credits/catalogue.ts';
import { startHouse, until } from '../credits/house.ts';
import { createScriptedModel } from '../credits/scripted-model.ts';
import { makeDataFolder, openCopy, testLog } from '../setup/describe-databases.ts';
import type { KillPoint } from '../setup/kill-at.ts';
import { startProcess } from '../setup/process.ts';
import type { DrawingOrder } from './killed-drawing.ts';

type Moment = Pick<KillPoint, 'statement' | 'moment'> & Partial<KillPoint> & { name: string; isKept: boolean };

const moments: Moment[] = [
  { name: 'before its bytes are stored', statement: 'insert into "?file_content', moment: 'before', isKept: false },
  {
    name: 'with its bytes stored, before its file is there',
    statement: 'insert into response_file',
    atCommit: true,
    moment: 'before',
    isKept: false,
  },
  {
    name: 'with its file there, before the answer tells so',
    statement: 'insert into response_file',
    atCommit: true,
    moment: 'after',
    isKept: true,
  },
];

const leaseMs = 400;
const kinds = inject('databases').postgres ? ['pglite', 'postgres'] : ['pglite'];

describe.each(kinds)('a process that is killed while it keeps an image (%s)', (kind) => {
  it.concurrent.each(moments)(
    'leaves the whole text, and the image or its place: $name',
    { timeout: 90_000 },
    async ({ name: _name, isKept, ...point }) => {
      const place = await makePlace();
      try {
        const order: DrawingOrder = { leaseMs, occurrence: 1, atCommit: false, ...point, ...place.order };
        const child = startProcess('test/files/killed-drawing.ts', [JSON.stringify(order)], {});
        expect([await child.ended, child.output()]).toEqual(['SIGKILL', '']);

        const database = await place.open();
        const { db } = database;
        const languageModel = createScriptedModel();
        const catalogue = labCatalogue({ plain: {} });
        const house = await startHouse({ database, catalogue, languageModel, leaseMs });
        const rows = () => db.selectFrom('response').select(['status', 'text', 'parts', 'finished_at']).execute();
        await until(async () => (await rows()).every(({ finished_at }) => finished_at !== null), 'the answer is final');
        const files = await db.selectFrom('response_file').select('file_id').execute();
        expect(files).toHaveLength(isKept ? 1 : 0);
        expect(await rows()).toMatchObject([
          {
            status: 'INTERRUPTED',
            text: 'A hill:  under a cloud.',
            parts: [
              { kind: 'text' },
              { kind: 'image', data: files[0] ? { fileId: files[0].file_id } : null },
              { kind: 'text' },
            ],
          },
        ]);
        // Of an image that is there, its tokens are charged with those of the text.
        const [receipt] = await db.selectFrom('receipt').select(['output_tokens', 'credits']).execute();
        expect((receipt?.output_tokens ?? 0) >= 1290).toBe(isKept);
        expect(receipt?.credits).toBeGreaterThan(0);
        await expectReconciled(db);

        await sql`update file_content set claimed_until = claimed_until - interval '2 hours'`.execute(db);
        await house.fileCleaner.sweep();
        const contents = await db.selectFrom('file_content').select(['hash', 'stored']).execute();
        expect(contents.map(({ stored }) => stored)).toEqual(isKept ? [true, true] : []);
        const stray = await sql`select key from file_chunk where key not in (select key from file_content)`.execute(db);
        expect(stray.rows).toEqual([]);
        const [file] = await db.selectFrom('file').select('content_hash').execute();
        if (file) expect((await house.fileContents.load(file.content_hash)).toString('latin1', 1, 4)).toBe('PNG');
        await house.end();
      } finally {
        await place.close();
      }
    },
  );

  async function makePlace() {
    if (kind === 'postgres') {
      const copy = await openCopy('template');
      return { order: { databaseUrl: copy.url, dataDir: '' }, open: async () => copy, close: copy.close };
    }
    const dataDir = mkdtempSync(join(tmpdir(), 'polylogue-drawing-'));
    makeDataFolder(dataDir);
    let close = async () => {};
    return {
      order: { databaseUrl: null, dataDir },
      async open() {
        const database = await openDatabase({ databaseUrl: null, dataDir, log: testLog });
        close = database.close;
        return database;
      },
      async close() {
        await close();
        rmSync(dataDir, { recursive: true, force: true });
      },
    };
  }
});
