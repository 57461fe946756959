import { createHmac, hkdfSync } from 'node:crypto';

/** What stands for an id wherever verdicts are told to all members: 32 hexadecimal digits. */
export type Pseudonyms = (id: string) => string;

/**
 * The same id always gets the same pseudonym, as long as the server's secret (AUTH_SECRET) stays. A hash without a key would
 * be found by whoever knows the id: judges of an evaluation know that of the evaluation, and so would put a name to a number.
 */
export function pseudonymsOf(secret: string): Pseudonyms {
  const key = Buffer.from(hkdfSync('sha256', secret, 'polylogue', 'ids of verdicts', 32));
  return (id) => createHmac('sha256', key).update(id).digest('hex').slice(0, 32);
}
