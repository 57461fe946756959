import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely';

/** What admins decide about the house as a whole, and what was done by whom. */
export interface HouseTables {
  audit_entry: AuditEntryTable;
  house_setting: HouseSettingTable;
}

interface HouseSettingTable {
  name: string;
  value: JSONColumnType<object>;
  updated_at: Generated<Date>;
}

interface AuditEntryTable {
  id: GeneratedAlways<number>;
  actor_id: string | null;
  action: string;
  target: string | null;
  note: string | null;
  /** How often the act occurred within the period; `note` tells of the last time. */
  occurrences: Generated<number>;
  /** The beginning of the period in which the entry counts an act; null for a single act. */
  period: Date | null;
  created_at: Generated<Date>;
  /** Null: the names are erased, `target` and `note` with it. */
  salt: Generated<string | null>;
  /** The entry's place in the chain, from 1, given at the commit; null: the entry still counts. */
  position: ColumnType<number | null, never, never>;
  digest: ColumnType<Buffer | null, never, never>;
  hash: ColumnType<Buffer | null, never, never>;
}
