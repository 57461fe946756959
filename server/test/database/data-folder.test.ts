import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadAuthSecret } from '../../src/config/auth-secret.ts';
import { ConfigError } from '../../src/config/mistakes.ts';
import { loadConfig } from '../../src/config/settings.ts';
import { DataFolderOpenError, makeDataFolder } from '../../src/database/connection/data-folder.ts';
import { openDatabase } from '../../src/database/connection/open.ts';
import { openParts } from '../../src/parts.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'polylogue-data-'));
});
afterEach(() => rmSync(base, { recursive: true }));

const modeOf = (path: string) => statSync(path).mode & 0o7777;

/** A folder that somebody made by hand or that is a mounted volume. */
function folder(mode: number, ...files: string[]): string {
  const path = join(base, 'data');
  mkdirSync(path);
  for (const name of files) writeFileSync(join(path, name), '');
  chmodSync(path, mode);
  return path;
}

describe('the data folder', () => {
  it('is created for its owner only, together with missing parent folders', () => {
    makeDataFolder(join(base, 'deep', 'data'));
    expect(modeOf(join(base, 'deep', 'data'))).toBe(0o700);
  });

  it.each([0o755, 0o777, 0o750, 0o711, 0o770, 0o2775])(
    'is closed to others if it is empty and has the mode %o',
    (mode) => {
      const path = folder(mode);
      makeDataFolder(path);
      expect(modeOf(path) & 0o777).toBe(0o700);
    },
  );

  it('is closed to others if it holds only files that the server writes', { timeout: 60_000 }, async () => {
    const path = folder(0o755, 'lost+found');
    const log = pino({ level: 'silent' });
    loadAuthSecret({ configured: null, dataDir: path, shared: false, log });
    const database = await openDatabase({ databaseUrl: null, dataDir: path, log });
    makeDataFolder(path);
    expect(modeOf(path)).toBe(0o700);
    await database.close();
    chmodSync(path, 0o755);
    makeDataFolder(path);
    expect(modeOf(path)).toBe(0o700);
  });

  it.each([0o755, 0o1777, 0o750])(
    'is refused and left unchanged if it holds foreign files and has the mode %o',
    (mode) => {
      const path = folder(mode, 'auth-secret', 'holiday.jpg');
      const attempt = () => makeDataFolder(path);
      expect(attempt).toThrow(DataFolderOpenError);
      expect(attempt).toThrow(
        `DATA_DIR is "${path}", which others on this machine can look into (mode ${mode.toString(8)})`,
      );
      expect(attempt).toThrow('"holiday.jpg"');
      expect(modeOf(path)).toBe(mode);
    },
  );

  it('may hold foreign files if others cannot look into it', () => {
    makeDataFolder(folder(0o700, 'auth-secret', 'backup.tar'));
  });

  it('is refused if the server may not change its mode', (context) => {
    const path = folder(0o777);
    if (process.getuid?.() !== 0 || !process.seteuid) return context.skip('needs to be root to be somebody else');
    chmodSync(base, 0o755);
    process.seteuid(65_534);
    try {
      expect(() => makeDataFolder(path)).toThrow('which this server may not close');
    } finally {
      process.seteuid(0);
    }
    expect(modeOf(path)).toBe(0o777);
  });

  it('stops the start with an error that names it, with Postgres too', async () => {
    const path = folder(0o755, 'holiday.jpg');
    const env = { DATA_DIR: path, LOG_LEVEL: 'silent', MOCK_PROVIDER: 'on' };
    for (const more of [{}, { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }]) {
      const start = () => openParts(loadConfig({ ...env, ...more }, base));
      await expect(start()).rejects.toThrow(ConfigError);
      await expect(start()).rejects.toThrow(`DATA_DIR is "${path}"`);
    }
    expect(modeOf(path)).toBe(0o755);
  });
});
