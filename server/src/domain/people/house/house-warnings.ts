import type { Kysely } from 'kysely';
import type { Database } from '../../../database/database.ts';
import { findTightTeams } from '../../../database/money/tight-teams.ts';
import { findExpiringKeys } from '../../../database/people/expiring-keys.ts';
import type { ProviderHealth } from '../../answering/provider-health.ts';
import type { CurrentOffer } from '../../catalogue/offer.ts';
import { findMonthlyRest, type MonthlyLimit } from '../../money/monthly-limit.ts';
import type { SignUpChoice } from './sign-up-choice.ts';

/** Something that an admin should look at. */
export interface HouseWarning {
  kind: 'PROVIDER_DOWN' | 'BUDGET' | 'TEAM_BUDGET' | 'KEY_EXPIRES' | 'SIGN_UP_LAPSED' | 'MOCK_MODELS';
  /** What it is about: the name of a provider, of a team, or of a key with its member's; null: the whole server. */
  subject: string | null;
  /** When the key expires. */
  at: Date | null;
  /** The share of the month's budget that is spent or held, from 0 to 1. */
  share: number | null;
}

/** A budget of which so much is used nears its end. */
const SHARE_MIN = 0.8;
/** How long before its end a key is warned of. */
const KEY_DAYS = 7;
const KEYS_MAX = 5;
const TEAMS_MAX = 5;

const nothing = { subject: null, at: null, share: null };

/** What an admin should look at, the worst first. */
export async function findHouseWarnings({
  db,
  offer,
  providerHealth,
  monthlyLimit,
  signUpChoice,
}: {
  db: Kysely<Database>;
  offer: CurrentOffer;
  providerHealth: Pick<ProviderHealth, 'report'>;
  monthlyLimit: MonthlyLimit;
  signUpChoice: Pick<SignUpChoice, 'hasLapsed'>;
}): Promise<HouseWarning[]> {
  const { catalogue, languageModels } = offer.now;
  const asked = [...languageModels.keys()].flatMap((id) => catalogue.providers.get(id) ?? []);
  const [rest, teams, keys] = await Promise.all([
    findMonthlyRest(db, monthlyLimit),
    findTightTeams(db, { share: SHARE_MIN, limit: TEAMS_MAX }),
    findExpiringKeys(db, { days: KEY_DAYS, limit: KEYS_MAX }),
  ]);
  const share = monthlyLimit === null ? 0 : monthlyLimit === 0 ? 1 : 1 - rest / monthlyLimit;
  const down = asked.filter(({ id }) => providerHealth.report(id).status === 'DOWN');
  return [
    ...down.map(({ name }): HouseWarning => ({ ...nothing, kind: 'PROVIDER_DOWN', subject: name })),
    ...(share >= SHARE_MIN ? [{ ...nothing, kind: 'BUDGET' as const, share }] : []),
    ...teams.map(({ name, share }): HouseWarning => ({ ...nothing, kind: 'TEAM_BUDGET', subject: name, share })),
    ...keys.map((key): HouseWarning => ({ ...nothing, kind: 'KEY_EXPIRES', ...key })),
    ...(signUpChoice.hasLapsed ? [{ ...nothing, kind: 'SIGN_UP_LAPSED' as const }] : []),
    ...(asked.some(({ kind }) => kind === 'mock') ? [{ ...nothing, kind: 'MOCK_MODELS' as const }] : []),
  ];
}
