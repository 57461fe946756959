import { plainly } from '../config/plain-errors.ts';
import { DomainError } from '../domain/ground/errors.ts';

/** The command line cannot be carried out; the message says why in one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Runs a command. If it rejects, prints one line that says why, and exits with code 1. */
export function runCommand(main: (args: readonly string[]) => Promise<void>, texts: Texts): void {
  main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(explain(error, texts));
    process.exitCode = 1;
  });
}

interface Texts {
  /** The command that prints how it is used. */
  help: string;
  /** What to do if the server has the data folder. */
  inUse: string;
}

function explain(error: unknown, { help, inUse }: Texts): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'DataFolderInUseError') return `The server is running on this data folder. ${inUse}`;
  if (error.name === 'DataFolderOpenError') return error.message;
  if (error.name === 'UsageError') return `${error.message} See: ${help}`;
  return error instanceof DomainError ? error.message : plainly(error);
}
