/** What keeps a database busy, for tests. */

/** Computes for a second or so, without reading or writing a file. */
export const heavy =
  'select count(*) from generate_series(1, 2500) as a, generate_series(1, 2500) as b where a # b = -1';

/** The same, for hours. */
export const endless = heavy.replaceAll('2500', '500000');

/** Writes and reads files (what does not fit in memory) for hours. */
export const endlessOnDisk = 'select count(*) from generate_series(1, 2000000000)';
