import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';
import { afterAll, beforeAll, vi } from 'vitest';

/**
 * Records the text of every statement that a piece of work in this process sends to a database, directly or indirectly,
 * but not the statements that timers send meanwhile, nor the first one of a connection.
 */
export function recordOwnStatements() {
  const asking = new AsyncLocalStorage<string[]>();
  spyOnStatements((text) => asking.getStore()?.push(text));
  return {
    async during(work: () => Promise<unknown>): Promise<string[]> {
      const statements: string[] = [];
      try {
        await asking.run(statements, work);
        return [...statements];
      } finally {
        // An AsyncLocalStorage in use slows every promise of the process.
        asking.disable();
      }
    },
  };
}

/**
 * Records the text of every statement that this process sends to a database, but for the first one of a connection. The
 * suite reads and empties the list.
 */
export function recordStatements(): string[] {
  const statements: string[] = [];
  spyOnStatements((text) => statements.push(text));
  return statements;
}

/** Begins the first statement of a connection, which the pool makes whenever it has none that is free. */
const sessionStatement = "select set_config('TimeZone'";

function spyOnStatements(note: (text: string) => void): void {
  const query = pg.Client.prototype.query as (this: pg.Client, ...args: unknown[]) => unknown;
  beforeAll(() => {
    vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...args: unknown[]) {
      const [sent] = args as [string | { text?: string }];
      const text = typeof sent === 'string' ? sent : (sent.text ?? '');
      if (!text.startsWith(sessionStatement)) note(text);
      return query.apply(this, args);
    } as never);
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });
}
