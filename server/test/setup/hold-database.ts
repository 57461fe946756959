import { sql } from 'kysely';
import { pino } from 'pino';
import { openDatabase } from '../../src/database/connection/open.ts';

// This process opens the given folder, writes a hundred rows, prints a line, and stays until it is killed.
const [, , dataDir = ''] = process.argv;
const { db } = await openDatabase({ databaseUrl: null, dataDir, log: pino({ level: 'silent' }) });
await sql`create table held (number int)`.execute(db);
for (let number = 0; number < 100; number++) await sql`insert into held values (${number})`.execute(db);
console.log('holding');
setInterval(() => {}, 1000);
