import type { Generated } from 'kysely';

/** The tables of alerts that a part of a budget is spent. */
export interface BudgetTables {
  budget_alert: BudgetAlertTable;
  dismissed_budget_alert: DismissedBudgetAlertTable;
}

export type BudgetScope = 'MEMBER' | 'TEAM' | 'KEY' | 'SERVER';

interface BudgetAlertTable {
  id: string;
  scope: BudgetScope;
  /** Set if the scope is `MEMBER` or `TEAM`. */
  credit_account_id: string | null;
  /** Set if the scope is `KEY`; the key may be revoked by now. */
  api_key_id: string | null;
  /** First day of the month. */
  month: string;
  percent: number;
  budget: number;
  spent: number;
  created_at: Generated<Date>;
  mailed_at: Date | null;
  delivered_at: Date | null;
  attempts: Generated<number>;
  next_attempt_at: Generated<Date>;
}

interface DismissedBudgetAlertTable {
  alert_id: string;
  user_id: string;
}
