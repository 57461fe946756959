import { askAuth } from '../auth.ts';
import { refusalOf } from './refusal.ts';

type Answer<Data> = { data: Data; refusal: null } | { data: null; refusal: string };

/** Posts to a path below /api/auth. */
export async function callAuth<Data>(path: string, body: object): Promise<Answer<Data>> {
  const { data, error } = await askAuth((client) => client.$fetch<Data>(path, { method: 'POST', body }));
  return error ? { data: null, refusal: refusalOf(error) } : { data: data as Data, refusal: null };
}
