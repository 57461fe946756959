import type { Kysely } from 'kysely';
import { v7 as newId } from 'uuid';
import type { Database } from '../../../database/database.ts';
import {
  type BudgetAlertRow,
  dismissBudgetAlert,
  findMonthlyCharges,
  insertBudgetAlerts,
  type NewBudgetAlert,
} from '../../../database/money/budget-alerts.ts';
import { NotFoundError } from '../../ground/errors.ts';
import { crossedParts } from './budget-parts.ts';

export { type BudgetAlertRow, type BudgetScope, findBudgetAlerts } from '../../../database/money/budget-alerts.ts';

/** A budget, and what was spent of it this month, in credits. */
export interface Budget extends Pick<NewBudgetAlert, 'scope' | 'creditAccountId' | 'apiKeyId'> {
  budget: number;
  spent: number;
}

/**
 * Stores an alert for each part of a budget that the charge crossed. Asks the database nothing if there is none, as with
 * nearly every charge.
 *
 * @returns whether there is a new alert
 */
export async function tellOfBudgets(
  db: Kysely<Database>,
  charged: number,
  budgets: readonly Budget[],
): Promise<boolean> {
  const alerts = budgets.flatMap(({ spent, budget, ...rest }) =>
    crossedParts(spent - charged, spent, budget).map((percent) => ({ id: newId(), ...rest, percent, budget, spent })),
  );
  return alerts.length > 0 && (await insertBudgetAlerts(db, alerts)) > 0;
}

/** Looks at what all accounts together were charged this month. @returns whether there is a new alert */
export async function tellOfServer(db: Kysely<Database>, budget: number): Promise<boolean> {
  const spent = await findMonthlyCharges(db);
  return tellOfBudgets(db, spent, [{ scope: 'SERVER', creditAccountId: null, apiKeyId: null, budget, spent }]);
}

/** Hides the alert from this user. @throws NotFoundError */
export async function dismissAlert(db: Kysely<Database>, userId: string, id: string): Promise<void> {
  if (!(await dismissBudgetAlert(db, userId, id))) throw new NotFoundError('alert');
}

/** What the alert says, in one sentence for its owners. */
export function alertSentence(alert: BudgetAlertRow, isOwn: boolean): string {
  const { scope, percent, name } = alert;
  const used = percent === 100 ? 'used up' : `used ${percent} % of`;
  const credits = alert.budget.toLocaleString('en');
  switch (scope) {
    case 'MEMBER':
      return `${isOwn ? 'You have' : `${name ?? 'A member'} has`} ${used} this month’s ${credits} credits${rest(alert)}.`;
    case 'TEAM':
      return `The team ${name ?? ''} has ${used} this month’s ${credits} credits${rest(alert)}.`;
    case 'KEY':
      return `The API key ${name ?? ''} has ${used} its ${credits} credits of this month.`;
    case 'SERVER':
      return `All accounts of this server together have ${used} the ${credits} credits that they may spend this month.`;
  }
}

/** Who was given more than the monthly credits may go on: the end of a budget is not the end of the account. */
function rest({ percent, left }: BudgetAlertRow): string {
  return percent === 100 && left !== null && left > 0 ? `; ${left.toLocaleString('en')} are left` : '';
}
