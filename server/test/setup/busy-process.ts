import { createServer } from 'node:http';
import { sql } from 'kysely';
import { createAppOf, listen, loadConfig, openParts } from '../../src/app.ts';
import { endless } from './heavy-statements.ts';

// This process starts a server as main.ts does, and runs a statement on its database that would take hours.
const config = loadConfig(process.env);
const parts = await openParts(config);
const app = await createAppOf(parts);
const server = createServer((request, response) => app.request(request, response));
await listen(server, config);
process.once('SIGTERM', () => {
  void app.close().then(() => process.exit(0));
});
sql
  .raw(endless)
  .execute(parts.database.db)
  .catch(({ code }) => console.log(`ended: ${code}`));
setTimeout(() => console.log('busy'), 500);
