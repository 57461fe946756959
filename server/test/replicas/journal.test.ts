import type { Kysely } from 'kysely';
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

/** The journal's statements are carried out, but whoever sent them hears of an error. */
function withLostAnswers(db: Kysely<Database>, lost: () => boolean): Kysely<Database> {
  const ofJournal = new WeakSet<object>();
  return db.withPlugin({
    transformQuery({ node, queryId }) {
      if (JSON.stringify(node).includes('insert into response_chunk')) ofJournal.add(queryId);
      return node;
    },
    async transformResult({ result, queryId }) {
      if (lost() && ofJournal.has(queryId)) throw new Error('Connection terminated unexpectedly');
      return result;
    },
  });
}
