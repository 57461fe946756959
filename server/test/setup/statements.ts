import pg from 'pg';
import { afterAll, beforeAll, vi } from 'vitest';

/** The text of every statement that the suite's process sends to a database: to be emptied and looked into. */
export function recordStatements(): string[] {
  const statements: string[] = [];
  const query = pg.Client.prototype.query as (this: pg.Client, ...args: unknown[]) => unknown;
  beforeAll(() => {
    vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...args: unknown[]) {
      const [sent] = args as [string | { text?: string }];
      statements.push(typeof sent === 'string' ? sent : (sent.text ?? ''));
      return query.apply(this, args);
    } as never);
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });
  return statements;
}
