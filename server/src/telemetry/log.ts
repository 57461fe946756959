import { pino } from 'pino';
import { hideKeys } from '../providers/failures/secrets.ts';
import { RollingFile } from './rolling-file.ts';

/**
 * Logs JSON lines to stdout (lines for people if stdout is a terminal) and, with `logDir`, to three rolling files.
 * Lines are written at once, so that none is lost when the process ends, and without secrets.
 */
export async function createLog(options: LogPlace): Promise<pino.Logger> {
  return openLog(options).log;
}

export interface LogPlace {
  /** The lowest level on stdout. */
  level: string;
  /** The folder of the files, which exists. Null: no files. */
  logDir: string | null;
}

/** The files and their lowest levels, whatever stdout shows. Lines of `trace` are in debug.log, if stdout has them too. */
const files = { app: 'info', error: 'error', debug: 'debug' } as const;

/** The log of `createLog`, and what closes its files: later lines go to stdout alone. */
export function openLog({ level, logDir }: LogPlace): { log: pino.Logger; close(): void } {
  const toStdout = { level, stream: process.stdout.isTTY ? terminal : pino.destination(1) };
  const streams: pino.StreamEntry<string>[] = level === 'silent' ? [] : [toStdout];
  if (logDir === null) return { log: pino(logOptions(level), pino.multistream(streams)), close() {} };

  const lowest = level === 'trace' ? 'trace' : 'debug';
  const open = Object.entries(files).map(([name, least]) => {
    const file = new RollingFile({ folder: logDir, name });
    streams.push({ level: name === 'debug' ? lowest : least, stream: file });
    return file;
  });
  return {
    log: pino(logOptions(lowest), pino.multistream(streams)),
    close() {
      for (const file of open) file.close();
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
