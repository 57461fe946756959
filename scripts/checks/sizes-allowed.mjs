/** What is larger than the limits of sizes.mjs, and why that is right. */
export const exceptions = {
  'server/src/database/migrations/0001_conversations.ts up': 'a migration stays as it was written: a list of tables',
  'server/src/database/migrations/0002_credits.ts up': 'a migration stays as it was written: a list of tables',
};
