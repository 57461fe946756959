import type { Generated, JSONColumnType } from 'kysely';

/** What admins decide about the house as a whole: the table made by migrations/0031_house_settings.ts. */
export interface HouseTables {
  house_setting: HouseSettingTable;
}

interface HouseSettingTable {
  name: string;
  value: JSONColumnType<object>;
  updated_at: Generated<Date>;
}
