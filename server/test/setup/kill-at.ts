import pg from 'pg';

/** Where this process kills itself. */
export interface KillPoint {
  /** A regular expression that matches the statement. */
  statement: string;
  /** The number of the matching statement, from 1. */
  occurrence: number;
  /** Before the statement is sent, or after the database has executed it and before its result arrives. */
  moment: 'before' | 'after';
  /** Kill at the commit of the statement's transaction instead of at the statement. */
  atCommit: boolean;
}

/** Has this process kill itself at a statement, once it is armed. */
export function killAt(point: KillPoint): { arm(): void } {
  let armed = false;
  let matches = 0;
  /** Connections whose transaction contains the statement and whose commit is awaited. */
  const committing = new WeakSet<object>();

  function isReached(client: object, text: string): boolean {
    if (point.atCommit && text === 'commit' && committing.has(client)) return true;
    if (!new RegExp(point.statement).test(text) || ++matches < point.occurrence) return false;
    if (!point.atCommit) return true;
    committing.add(client);
    return false;
  }

  const query = pg.Client.prototype.query as (this: pg.Client, ...args: unknown[]) => unknown;
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const text = typeof args[0] === 'string' ? args[0] : ((args[0] as { text?: string } | undefined)?.text ?? '');
    if (!armed || !isReached(this, text)) return query.apply(this, args);
    if (point.moment === 'before') die();
    return Promise.resolve(query.apply(this, args)).then(die, die);
  } as never;

  return {
    arm() {
      armed = true;
    },
  };
}

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal arrives before this line; the types need it.
  throw new Error('killed');
}
