import { type Kysely, sql } from 'kysely';
import { currentMonth } from '../credits.ts';
import type { Database } from '../database.ts';

/**
 * Teams in use that have spent or hold at least this share of a month's credits, the worst first. One that has not been
 * topped up this month yet has all of them; one without monthly credits has no budget that could near its end.
 *
 * @param share from 0 to 1
 */
export async function findTightTeams(
  db: Kysely<Database>,
  { share, limit }: { share: number; limit: number },
): Promise<{ name: string; share: number }[]> {
  const { rows } = await sql<{ name: string; share: number }>`
    select * from (
      select team.name,
        (monthly_credits - least(greatest(balance - held, 0), monthly_credits))::float8 / monthly_credits as share
      from team join credit_account on credit_account.team_id = team.id
      where not archived and monthly_credits > 0 and topped_up_month = ${currentMonth}::date
    ) as used
    where used.share >= ${share} order by used.share desc, name limit ${limit}`.execute(db);
  return rows;
}
