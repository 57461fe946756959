import type { ColumnType, Generated } from 'kysely';

/** The tables of teams and their members; a team's account is among the credit accounts. */
export interface TeamTables {
  team: TeamTable;
  team_member: TeamMemberTable;
}

interface TeamTable {
  id: string;
  name: string;
  /** The balance that the team's account is topped up to each month. */
  monthly_credits: Generated<number>;
  /** What a member may spend of the team's credits in a calendar month (UTC); null: no limit. */
  member_monthly_credits: number | null;
  /** The models that the team pays for; null: all. */
  model_ids: string[] | null;
  /** After how many days without a prompt its conversations are deleted; null: as all others. */
  retention_days: number | null;
  archived: Generated<boolean>;
  created_at: Generated<Date>;
}

interface TeamMemberTable {
  team_id: string;
  user_id: string;
  owner: Generated<boolean>;
  joined_at: Generated<Date>;
  /** Null: is a member. */
  left_at: Date | null;
  /** First day of the month of the last charge; null before the first. */
  charged_month: ColumnType<string | null, never, string>;
  /** All that the team was charged in that month for what the member asked. */
  charged: ColumnType<number, never, number>;
}
