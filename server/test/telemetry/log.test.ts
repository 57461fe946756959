import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { logOptions, openLog } from '../../src/telemetry/log.ts';

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
      `Authorization: Bearer ${secret} and plk_${secret} and AIza${secret} xai-${secret} pplx-${secret} gsk_${secret} tvly-${secret}`,
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

describe('with LOG_DIR', () => {
  /** The messages of each file, when a line of every level was logged. */
  function filesAt(level: string) {
    const logDir = mkdtempSync(join(tmpdir(), 'polylogue-log-'));
    const { log, close } = openLog({ level, logDir });
    for (const one of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const) log[one]({ turnId: 'one' }, one);
    const text = Object.fromEntries(
      readdirSync(logDir).map((name) => [name, readFileSync(join(logDir, name), 'utf8')]),
    );
    close();
    log.error('after the end');
    expect(readFileSync(join(logDir, 'error.log'), 'utf8')).toBe(text['error.log']);
    rmSync(logDir, { recursive: true });
    const lines = (name: string) =>
      (text[name] ?? '')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    expect(lines('debug.log')[0]).toMatchObject({ turnId: 'one' });
    return Object.fromEntries(Object.keys(text).map((name) => [name, lines(name).map(({ msg }) => msg)]));
  }

  it.each(['silent', 'error', 'debug'])(
    'three files have the lines of their levels, whatever LOG_LEVEL is (%s)',
    (level) => {
      expect(filesAt(level)).toEqual({
        'app.log': ['info', 'warn', 'error', 'fatal'],
        'debug.log': ['debug', 'info', 'warn', 'error', 'fatal'],
        'error.log': ['error', 'fatal'],
      });
    },
  );

  it('debug.log has the lines of trace if LOG_LEVEL is trace', () => {
    expect(filesAt('trace')['debug.log']).toEqual(['trace', 'debug', 'info', 'warn', 'error', 'fatal']);
  });
});
