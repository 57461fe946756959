import type { Kysely, Transaction } from 'kysely';
import { afterEach, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { addMember, type House, startHouse, until } from '../credits/house.ts';
import { killCatalogue } from '../credits/kill-order.ts';
import { createScriptedModel } from '../credits/scripted-model.ts';
import { describeDatabases } from '../setup/describe-databases.ts';

describeDatabases('the journal', (database) => {
  const houses: House[] = [];
  afterEach(async () => {
    for (const house of houses.splice(0)) await house.end();
  });

  it('has no hole where the database wrote and its answer was lost', async () => {
    let loseAnswers = false;
    const db = withLostAnswers(database().db, () => loseAnswers);
    const languageModel = createScriptedModel();
    const house = await startHouse({ database: { ...database(), db }, catalogue: killCatalogue, languageModel });
    houses.push(house);
    const member = await addMember(database());
    await house.prompts.send(member, { prompt: 'Go on', modelIds: ['lab/plain'] });
    await until(() => languageModel.open.length === 1, 'the model is asked');

    const written = async () => {
      const rows = await database().db.selectFrom('response_chunk').selectAll().orderBy('start').execute();
      return rows.map(({ content }) => content).join('');
    };
    const push = (text: string) => languageModel.open[0]?.push({ type: 'text', text });
    push('One, ');
    await until(async () => (await written()) === 'One, ', 'the first piece is written');
    loseAnswers = true;
    push('two, ');
    await until(async () => (await written()) === 'One, two, ', 'the second piece is written');
    push('three, ');
    loseAnswers = false;
    push('four');
    await until(async () => (await written()) === 'One, two, three, four', 'everything is written');
  });
});

/** Transactions are committed, but whoever began them hears of an error. */
function withLostAnswers(db: Kysely<Database>, lost: () => boolean): Kysely<Database> {
  const transaction = () => ({
    async execute<T>(work: (trx: Transaction<Database>) => Promise<T>) {
      const result = await db.transaction().execute(work);
      if (lost()) throw new Error('Connection terminated unexpectedly');
      return result;
    },
  });
  return new Proxy(db, {
    get(_db, name) {
      const value = name === 'transaction' ? transaction : db[name as keyof typeof db];
      return typeof value === 'function' ? value.bind(db) : value;
    },
  });
}
