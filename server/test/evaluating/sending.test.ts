import { v7 as newId } from 'uuid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PromptInput } from '../../src/domain/asking/prompt-input.ts';
import { EvaluationWork, type WorkOptions } from '../../src/domain/evaluating/evaluation-work.ts';
import { InsufficientCreditsError } from '../../src/domain/ground/errors.ts';
import { labCatalogue } from '../credits/catalogue.ts';
import { usageOf } from '../credits/growing/held-answers.ts';
import { addMember, type House, startHouse, until } from '../credits/house.ts';
import { testLog } from '../credits/quiet-log.ts';
import { createScriptedModel, type ScriptedModel } from '../credits/scripted-model.ts';
import { describeDatabases } from '../setup/describe-databases.ts';

const modelIds = ['lab/swift', 'lab/sage'];

describeDatabases('the sending of an evaluation’s prompts', (database) => {
  let house: House;
  let languageModel: ScriptedModel;
  beforeAll(async () => {
    languageModel = createScriptedModel();
    const catalogue = labCatalogue({ swift: {}, sage: {} });
    house = await startHouse({ database: database(), catalogue, languageModel });
  });
  afterAll(() => house.end());

  /** A running evaluation of two prompts, at which only the returned work works. */
  async function working(send: WorkOptions['prompts']['send'], leaseMs = 3_000) {
    const { db } = database();
    const { id: userId } = await addMember(database());
    const [id, owner] = [newId(), newId()];
    await db
      .insertInto('evaluation')
      .values({
        ...{ id, user_id: userId, set_id: null, set_name: 'Mine', model_ids: modelIds, repeats: 1 },
        ...{ credits_max: 1_000_000, state: 'RUNNING', lease_owner: owner },
        ...{ parameters: '{}', judge_of_family: false, stop_early: false },
        lease_until: new Date(Date.now() + leaseMs),
      })
      .execute();
    const positions = [0, 1];
    await db
      .insertInto('evaluation_item')
      .values(positions.map((position) => ({ evaluation_id: id, position, prompt: `Number ${position}?` })))
      .execute();
    await db
      .insertInto('evaluation_ask')
      .values(positions.map((position) => ({ evaluation_id: id, position, repeat: 0, place: position })))
      .execute();
    const { quote, askAgain } = house.prompts;
    const prompts = { send, quote: quote.bind(house.prompts), askAgain: askAgain.bind(house.prompts) };
    const limits = { perProcess: 1000, perMember: 1000 };
    const work = new EvaluationWork({ ...house, prompts, owner, leaseMs, limits, answersAtOnce: 8, log: testLog }, id);
    return { id, ended: work.run() };
  }

  const setState = (id: string, state: 'PAUSED' | 'STOPPED') =>
    database()
      .db.updateTable('evaluation')
      .set({ state, ...(state === 'STOPPED' && { finished_at: new Date() }) })
      .where('id', '=', id)
      .execute();

  const statesOf = async (id: string) =>
    (
      await database()
        .db.selectFrom('evaluation_ask')
        .select('state')
        .where('evaluation_id', '=', id)
        .orderBy('place')
        .execute()
    ).map(({ state }) => state);

  it('keeps its lease while a prompt waits for credits, and calls that off once the evaluation is paused', async () => {
    const { db } = database();
    let begun = 0;
    const { id, ended } = await working((_asking, _input, signal) => {
      begun += 1;
      // As a prompt that waits in line: it is refused if the wait is ended.
      return new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(new InsufficientCreditsError(2, 1)));
      });
    }, 900);
    await until(() => begun === 1, 'the prompt waits');
    const leaseOf = async () =>
      (await db.selectFrom('evaluation').select('lease_until').where('id', '=', id).executeTakeFirstOrThrow())
        .lease_until as Date;
    const lease = await leaseOf();
    await until(async () => (await leaseOf()) > lease, 'the lease is renewed');
    await setState(id, 'PAUSED');
    await ended;
    expect([begun, await statesOf(id)]).toEqual([1, ['WAITING', 'WAITING']]);
  });

  it('sends nothing more once the evaluation is stopped, though more might be written at once', async () => {
    const sent: PromptInput[] = [];
    const ids: string[] = [];
    const { id, ended } = await working(async (asking, input, signal) => {
      sent.push(input);
      const turn = await house.prompts.send(asking, input, signal);
      await setState(ids[0] as string, 'STOPPED');
      return turn;
    });
    ids.push(id);
    await until(() => languageModel.open.length === 2, 'both models are asked');
    for (const call of [...languageModel.open]) call.finish(usageOf(3));
    await ended;
    expect([sent.length, await statesOf(id)]).toEqual([1, ['ENDED', 'WAITING']]);
  });
});
