import { expect, it } from 'vitest';
import { isTransient } from '../../src/database/connection/transient.ts';

it.each([
  // A broken connection, a deadlock, too many connections, a restart, a server that another one replaces.
  ...['ECONNRESET', 'ENOTFOUND', 'EPIPE', 'EPERM', '08006', '40P01', '53300', '57P01', '25006'].map((code) => [
    code,
    true,
  ]),
  // An error of the statement or its values stays.
  ...['22003', '23505', '25001', '28P01', '42P01', '54000', 'P0001', 'XX000'].map((code) => [code, false]),
] as [string, boolean][])('an error with the code %s is transient: %s', (code, passes) => {
  expect(isTransient(Object.assign(new Error('Something is wrong'), { code }))).toBe(passes);
});

it('an error without a code is transient, unless it is a mistake in the program', () => {
  expect(isTransient(new Error('Connection terminated unexpectedly'))).toBe(true);
  expect(isTransient(new RangeError('not a safe integer'))).toBe(false);
  expect(isTransient(new TypeError('not a function'))).toBe(false);
});
