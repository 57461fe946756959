import type { Kysely } from 'kysely';
import type { Database } from '../../../database/database.ts';
import { type Catalogue, tierOf } from '../../catalogue/catalogue.ts';
import {
  type InsufficientCreditsError,
  KeyLimitError,
  MonthlyLimitError,
  TeamMemberLimitError,
} from '../../ground/errors.ts';
import { renewAccount, shownAccount } from '../../money/credits.ts';
import type { Asking } from '../../people/members.ts';
import { findPayingTeam, type PayingTeam, shownRestOf } from '../../people/paying-team.ts';
import { findKeyRests } from './key-limit.ts';

/** What is known, when a prompt is refused, of what the member may be told. */
export interface RefusedPayment {
  /** The team that was to pay; null: the member. */
  team: PayingTeam | null;
  /** What the prompt counts as costing, in credits, since its models are hidden. Null: what it costs. */
  required: number | null;
}

/**
 * The refusal as the member is told it: with what they are shown as left, in place of what the hidden turns have left,
 * and without what hidden models cost. What is left of the limit of all accounts is everybody's, and stays.
 */
export async function shownRefusal(
  { db, catalogue }: { db: Kysely<Database>; catalogue: Catalogue },
  asking: Asking,
  { team, required }: RefusedPayment,
  error: InsufficientCreditsError,
): Promise<InsufficientCreditsError> {
  const shown = await shownRest({ db, catalogue, asking, team }, error);
  if (required === null && shown === null) return error;
  // Nothing was offered to a prompt that others came before, whatever is left.
  const available = shown === null || error.available <= 0 ? error.available : shown;
  return error.with(required ?? error.required, available);
}

/** What the member is shown as left of what the prompt lacked. Null: no hidden turn changes it. */
async function shownRest(
  {
    db,
    catalogue,
    asking,
    team,
  }: { db: Kysely<Database>; catalogue: Catalogue; asking: Asking; team: PayingTeam | null },
  error: InsufficientCreditsError,
): Promise<number | null> {
  if (error instanceof MonthlyLimitError) return null;
  if (error instanceof KeyLimitError) {
    const { rest, shown } = await findKeyRests(db, asking);
    return rest === shown ? null : shown;
  }
  if (error instanceof TeamMemberLimitError) {
    const paying = team && (await findPayingTeam(db, team, asking.id));
    return paying && paying.spent !== paying.shownSpent ? (shownRestOf(paying) ?? null) : null;
  }
  const account = await renewAccount(db, team ?? { userId: asking.id, tier: tierOf(catalogue, asking) });
  if (!account.hidden) return null;
  const { balance, held } = shownAccount(account);
  return balance - held;
}
