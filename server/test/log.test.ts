import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createLog, logOptions } from '../src/log.ts';

function capture(write: (log: pino.Logger) => void) {
  const lines: string[] = [];
  write(pino(logOptions('trace'), { write: (line) => lines.push(line) }));
  return { text: lines.join(''), lines: lines.map((line) => JSON.parse(line)) };
}

it('a log line has level, time, process, fields and message, as JSON', () => {
  const { lines } = capture((log) => log.warn({ turn: 1 }, 'it happened'));
  expect(lines).toEqual([
    { level: 'warn', time: expect.stringMatching(/^\d{4}-.*Z$/), pid: process.pid, turn: 1, msg: 'it happened' },
  ]);
});

it('a log line contains no secret, wherever the secret stands', () => {
  const secret = 'S3cretS3cretS3cret';
  const error = Object.assign(new Error(`401 Incorrect API key provided: sk-proj-${secret}`), {
    headers: { authorization: secret },
    request: { body: secret },
    code: 'invalid_api_key',
    cause: new Error(`cannot connect to postgres://user:${secret}@db:5432/x`),
  });
  const { text, lines } = capture((log) => {
    log.info({ headers: { authorization: secret, cookie: secret, 'x-api-key': secret } });
    log.info({ req: { headers: { cookie: secret, 'set-cookie': [secret] } }, password: secret, apiKey: secret });
    log.error({ err: error }, 'failed');
    log.error(error);
    log.info(
      `Authorization: Bearer ${secret} and plk_${secret} and AIza${secret} xai-${secret} pplx-${secret} gsk_${secret}`,
    );
    log.info({ url: `postgres://user:${secret}@host/db` });
  });
  expect(text).not.toContain(secret);
  expect(lines[2].err).toMatchObject({
    type: 'Error',
    code: 'invalid_api_key',
    message: '401 Incorrect API key provided: sk-[secret]',
  });
  expect(lines[2].err.cause.message).toContain('postgres://user:[secret]@db:5432/x');
  expect(lines[3].err.stack).toContain('log.test.ts');
});

it.each(['a+', 'a', 'a://', 'a://b:', 'sk-', 'Bearer ', '://'])('a password is masked behind 2 MB of %j', (piece) => {
  // A pattern that backtracks would take minutes for so much.
  const { text } = capture((log) => log.info(`${piece.repeat(2_000_000 / piece.length)} postgres://user:S3cret@host`));
  expect(text).not.toContain('S3cret');
});

it('a password is masked in an address that follows a word without a space', () => {
  const { text } = capture((log) => log.info(`${'a'.repeat(100)}postgres://user:S3cret@host`));
  expect(text).not.toContain('S3cret');
});

it('LOG_DIR gets the same lines at once, in a file of the day', async () => {
  const logDir = join(mkdtempSync(join(tmpdir(), 'polylogue-log-')), 'made');
  const log = await createLog({ level: 'info', logDir });
  log.info('kept');
  log.debug('not kept');
  const [file = '', ...others] = readdirSync(logDir);
  expect(file).toMatch(/^polylogue\.\d{4}-\d\d-\d\d\.1\.log$/);
  expect(others).toEqual([]);
  expect(
    readFileSync(join(logDir, file), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).msg),
  ).toEqual(['kept']);
  rmSync(join(logDir, '..'), { recursive: true });
});
