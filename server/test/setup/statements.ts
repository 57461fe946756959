import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';
import { afterAll, beforeAll, vi } from 'vitest';

/**
 * The text of every statement that a piece of work in this process sends to a database, by itself or by what it starts:
 * none of what timers send meanwhile.
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
        // A storage that is in use slows every promise of the process down.
        asking.disable();
      }
    },
  };
}

/** The text of every statement that the suite's process sends to a database: to be emptied and looked into. */
export function recordStatements(): string[] {
  const statements: string[] = [];
  spyOnStatements((text) => statements.push(text));
  return statements;
}

function spyOnStatements(note: (text: string) => void): void {
  const query = pg.Client.prototype.query as (this: pg.Client, ...args: unknown[]) => unknown;
  beforeAll(() => {
    vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...args: unknown[]) {
      const [sent] = args as [string | { text?: string }];
      note(typeof sent === 'string' ? sent : (sent.text ?? ''));
      return query.apply(this, args);
    } as never);
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });
}
