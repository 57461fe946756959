import { type Kysely, type Selectable, sql, type Updateable } from 'kysely';
import type { Database } from '../database.ts';
import type { StoredDescription } from './tool-tables.ts';

export type ToolSettingRow = Selectable<Database['tool_setting']>;
export type { StoredDescription, ToolServerAuth } from './tool-tables.ts';

/** What rises with each change of the tools. */
export async function findToolVersion(db: Kysely<Database>): Promise<number> {
  return (await db.selectFrom('tool_version').select('version').executeTakeFirst())?.version ?? 0;
}

/** Changes of the tools wait for each other. */
export async function lockToolVersion(trx: Kysely<Database>): Promise<void> {
  await sql`insert into tool_version default values on conflict do nothing`.execute(trx);
  await trx.selectFrom('tool_version').select('version').forUpdate().executeTakeFirstOrThrow();
}

/** Tells every process that reads the version that something has changed. */
export async function raiseToolVersion(trx: Kysely<Database>): Promise<void> {
  await trx.updateTable('tool_version').set({ version: sql`version + 1` }).execute();
}

export async function findToolSettings(db: Kysely<Database>): Promise<ToolSettingRow[]> {
  return db.selectFrom('tool_setting').selectAll().orderBy('tool_id').execute();
}

/** Writes what is given of a tool's setting, and makes the setting if there is none. */
export async function setToolSetting(
  trx: Kysely<Database>,
  { toolId, serverId }: { toolId: string; serverId: string | null },
  values: Omit<Updateable<Database['tool_setting']>, 'tool_id' | 'server_id' | 'updated_at'>,
): Promise<void> {
  await trx
    .insertInto('tool_setting')
    .values({ ...values, tool_id: toolId, server_id: serverId })
    .onConflict((conflict) => conflict.column('tool_id').doUpdateSet({ ...values, updated_at: sql`now()` }))
    .execute();
}

/** Writes how a server describes its tools now. */
export async function setSeenDescriptions(
  trx: Kysely<Database>,
  serverId: string | null,
  seen: readonly { toolId: string; description: StoredDescription | null }[],
): Promise<void> {
  if (seen.length === 0) return;
  await trx
    .insertInto('tool_setting')
    .values(
      seen.map(({ toolId, description }) => ({
        tool_id: toolId,
        server_id: serverId,
        seen: description && JSON.stringify(description),
      })),
    )
    .onConflict((conflict) => conflict.column('tool_id').doUpdateSet((eb) => ({ seen: eb.ref('excluded.seen') })))
    .execute();
}

export async function deleteToolSettings(trx: Kysely<Database>, toolIds: readonly string[]): Promise<void> {
  if (toolIds.length > 0) await trx.deleteFrom('tool_setting').where('tool_id', 'in', toolIds).execute();
}
