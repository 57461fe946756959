import { join } from 'node:path';
import { pino } from 'pino';
import roll from 'pino-roll';
import { hideKeys } from './providers/failures/secrets.ts';

/** How many rolled files are kept beside the current one. */
const filesKept = 30;

/**
 * Logs JSON lines to stdout (lines for people if stdout is a terminal) and, with `logDir`, to one file per day,
 * `polylogue.<date>.<n>.log`. Lines are written at once, so that none is lost when the process ends, and without
 * secrets.
 */
export async function createLog(options: LogPlace): Promise<pino.Logger> {
  return (await openLog(options)).log;
}

export interface LogPlace {
  level: string;
  /** Null: no files. */
  logDir: string | null;
}

/** The log of `createLog`, and what closes its files: later lines go to stdout alone. */
export async function openLog({ level, logDir }: LogPlace): Promise<{ log: pino.Logger; close(): void }> {
  const streams: pino.StreamEntry[] = [
    { level: 'trace', stream: process.stdout.isTTY ? terminal : pino.destination(1) },
  ];
  let file = logDir === null ? null : await openFile(logDir);
  if (file) streams.push({ level: 'trace', stream: { write: (line) => file?.write(line) } });
  return {
    log: pino(logOptions(level), pino.multistream(streams)),
    close() {
      file?.end();
      file = null;
    },
  };
}

/** The log's options without its streams; exported for tests. */
export function logOptions(level: string): pino.LoggerOptions {
  return {
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: secretFields.flatMap((field) => [`["${field}"]`, `*["${field}"]`, `*.*["${field}"]`]),
      censor: '[secret]',
    },
    serializers: { err: describeError, error: describeError },
    hooks: { streamWrite: hideSecrets },
  };
}

const secretFields = [
  'authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'x-goog-api-key',
  'password',
  'secret',
  'apiKey',
];

/**
 * Providers quote keys in their messages, and drivers quote their connection URL: this second line of defence goes over
 * the whole log line.
 */
function hideSecrets(line: string): string {
  // URLs come first, before `hideKeys` can change their scheme. Only the last letters of a scheme are matched, so that
  // a long line does not take quadratic time.
  const unaddressed = line.replace(/([a-z][a-z+]{0,30}:\/\/[^\s/:@"\\]*):[^\s/@"\\]+@/gi, '$1:[secret]@');
  return hideKeys(unaddressed, (beginning) => `${beginning}[secret]`);
}

interface ErrorDescription {
  type: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: ErrorDescription;
}

/** Logs only these fields of an error: the errors of SDKs and drivers carry requests, headers and rows along. */
function describeError(error: unknown): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(error.stack ? { stack: error.stack } : {}),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}

function openFile(logDir: string) {
  return roll({
    file: join(logDir, 'polylogue'),
    extension: '.log',
    frequency: 'daily',
    dateFormat: 'yyyy-MM-dd',
    limit: { count: filesKept, removeOtherLogFiles: true },
    mkdir: true,
    sync: true,
  });
}

/** Writes one line per event: time, level, message, and the other fields as JSON. */
const terminal: pino.DestinationStream = {
  write(line) {
    const { time, level, pid, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown> & {
      err?: ErrorDescription;
    };
    const details = Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : '';
    const stack = err ? `\n${err.stack ?? err.message}` : '';
    process.stdout.write(
      `${String(time).slice(11, 23)} ${String(level).toUpperCase().padEnd(5)} ${msg ?? ''}${details}${stack}\n`,
    );
  },
};
