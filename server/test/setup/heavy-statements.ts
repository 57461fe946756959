/** Statements that keep a database busy. */

/** Computes for about a second, without reading or writing a file. */
export const heavy =
  'select count(*) from generate_series(1, 2500) as a, generate_series(1, 2500) as b where a # b = -1';

/** Computes for hours. */
export const endless = heavy.replaceAll('2500', '500000');

/** Writes and reads files for hours, as the rows do not fit in memory. */
export const endlessOnDisk = 'select count(*) from generate_series(1, 2000000000)';
