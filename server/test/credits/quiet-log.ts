import pino from 'pino';

/** The log of processes that a test starts, which have no test runner. */
export const testLog = pino({ level: 'fatal' });
