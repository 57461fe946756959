import type { Database } from '../database.ts';

/** Written as a record, so that the compiler asks for a table that is missing here. */
const tables: Readonly<Record<keyof Database, true>> = {
  account: true,
  api_key: true,
  attempt_count: true,
  audit_entry: true,
  budget_alert: true,
  catalogue_setting: true,
  conversation: true,
  credit_account: true,
  credit_entry: true,
  deleted_admission: true,
  dismissed_budget_alert: true,
  invitation: true,
  model_setting: true,
  house_setting: true,
  judge: true,
  one_time_link: true,
  provider_look: true,
  provider_setting: true,
  receipt: true,
  response: true,
  response_chunk: true,
  revoked_api_key: true,
  session: true,
  spent_idempotency_key: true,
  team: true,
  team_member: true,
  turn: true,
  two_factor: true,
  user: true,
  verdict: true,
  verdict_contestant: true,
  verification: true,
};

/** The names of Polylogue's tables, without that of the migrations. */
export const ownTables: readonly string[] = Object.keys(tables);
