import pino from 'pino';

/** For processes of a test's own, which have no test runner to tell. */
export const testLog = pino({ level: 'fatal' });
