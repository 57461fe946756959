import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { expectReconciled } from '../credits/audit.ts';
import { type House, startHouse, until } from '../credits/house.ts';
import { openCopy, type TestDatabase } from '../setup/describe-databases.ts';
import { startProcess } from '../setup/process.ts';
import { type KilledOrder, killedCatalogue, STEPS, steadyModel, tracingTools } from './kill-order.ts';

/** At how many random moments a process is killed. */
const MOMENTS = Number(process.env.AGENT_KILLS ?? 4);
const PROMPTS = 5;
const leaseMs = 500;

describe.runIf(inject('databases').postgres)('agents of killed processes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'polylogue-agents-'));
  const trace = join(folder, 'calls');
  let database: TestDatabase & { url: string };
  let house: House;
  beforeAll(async () => {
    database = await openCopy('template');
    house = await startHouse({
      database,
      catalogue: killedCatalogue,
      languageModel: steadyModel,
      tools: tracingTools(trace),
      leaseMs,
    });
  });
  afterAll(async () => {
    await house?.end();
    await database?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it(`end in another process, and no tool is called twice (${MOMENTS} moments)`, {
    timeout: 60_000 + MOMENTS * 20_000,
  }, async () => {
    const { db } = database;
    const responses = () => db.selectFrom('response').selectAll().execute();
    for (let moment = 0; moment < MOMENTS; moment++) {
      const killAfterMs = Math.round(Math.random() * 900);
      const order: KilledOrder = { databaseUrl: database.url, leaseMs, prompts: PROMPTS, killAfterMs, trace };
      const child = startProcess('test/agents/killed-agents.ts', [JSON.stringify(order)], {});
      expect([await child.ended, child.output()]).toEqual(['SIGKILL', 'admitted\n']);
      await until(
        async () => (await responses()).every(({ lease_until }) => lease_until === null),
        'all is final',
        60_000,
      );
    }

    const calls = await db.selectFrom('tool_call').selectAll().execute();
    const traced = existsSync(trace) ? readFileSync(trace, 'utf8').trim().split('\n') : [];
    expect(new Set(traced).size).toBe(traced.length);
    const made = new Set(traced);
    for (const { id, status } of calls) {
      expect(['DONE', 'UNCERTAIN']).toContain(status);
      if (status === 'DONE') expect(made.has(id)).toBe(true);
    }
    expect(traced.every((id) => calls.some((one) => one.id === id))).toBe(true);

    for (const { id, status, text, parts, credits_charged, credits_held } of await responses()) {
      expect(status).toBe('COMPLETED');
      // Each step is there, whole, in its order; a step that was broken off is gone on with, and says something again.
      for (let step = 0; step <= STEPS; step++) expect(text).toContain(`Step ${step}: `);
      expect(text).toMatch(/three\.$/);
      const steps = await db.selectFrom('response_step').selectAll().where('response_id', '=', id).execute();
      expect(steps.every(({ duration_ms }) => duration_ms !== null)).toBe(true);
      expect(credits_charged).toBe(steps.reduce((sum, { credits }) => sum + credits, 0));
      expect(credits_charged).toBeLessThanOrEqual(credits_held);
      const shown = (parts ?? []).flatMap(({ kind, data }) =>
        kind === 'toolCall' ? (data as { id: string; status: string }) : [],
      );
      const ofResponse = calls.filter((one) => one.response_id === id);
      for (const one of ofResponse)
        expect(shown).toContainEqual(expect.objectContaining({ id: one.id, status: one.status }));
      // The others were broken off while they were written.
      for (const one of shown) if (!ofResponse.some((row) => row.id === one.id)) expect(one.status).toBe('FAILED');
    }
    await expectReconciled(db);
    const accounts = await db.selectFrom('credit_account').select('held').execute();
    expect(accounts.every(({ held }) => held === 0)).toBe(true);
    for (const table of ['agent_task', 'checkpoints', 'checkpoint_blobs', 'checkpoint_writes'] as const) {
      expect(await db.selectFrom(table).selectAll().execute()).toEqual([]);
    }
  });
});
