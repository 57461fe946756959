import { Annotation, END, START, StateGraph } from '@langchain/langgraph/web';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AgentDefinition, NodeConfig } from '../../src/domain/agents/agent-definition.ts';
import { textOf } from '../../src/ports/language-model.ts';
import { ask } from '../api/asking.ts';
import { expectReconciled } from '../credits/audit.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import {
  call,
  callsOf,
  createWorkshop,
  lastOf,
  makeTool,
  STEP_CREDITS,
  text,
  told,
  type Worked,
  watch,
  worked,
  workshopCatalogue,
} from './workshop.ts';

/** An agent as a program writes one: it asks twice, and has the second answer be the shorter one. */
const shorter: AgentDefinition = {
  id: 'shorter',
  name: 'Shorter',
  description: 'Answers, and then says it in fewer words.',
  graph(run) {
    const State = Annotation.Root({ draft: Annotation<string>() });
    return new StateGraph(State)
      .addNode('write', async (_state: typeof State.State, config: NodeConfig) => {
        const said = await run.at(config).ask({ as: 'thought', tools: false });
        return { draft: said.text };
      })
      .addNode('shorten', async ({ draft }: typeof State.State, config: NodeConfig) => {
        await run.at(config).ask({ after: [`Say this in fewer words: ${draft}`], tools: false });
        return {};
      })
      .addEdge(START, 'write')
      .addEdge('write', 'shorten')
      .addEdge('shorten', END)
      .compile({ checkpointer: run.checkpointer });
  },
};

describeDatabases('agents', (database) => {
  const shop = createWorkshop();
  let app: TestApp;
  let member: Client;
  const look = makeTool('look', () => told('Blue.'));

  beforeAll(async () => {
    app = await startApp({
      database: database(),
      catalogue: { ...workshopCatalogue, defaultModels: ['lab/worker', 'lab/helper', 'lab/third'] },
      languageModels: { lab: shop.languageModel },
      tools: [look],
      agents: [shorter],
    });
    member = await app.newMember();
  });
  afterAll(async () => {
    await expectReconciled(database().db);
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  async function work(agentId: string, toolIds: string[] = []): Promise<Worked> {
    const { turn } = await ask(member, {
      prompt: 'What colour is it?',
      modelIds: ['lab/worker'],
      agentId,
      toolIds,
    } as never);
    const events = await watch(member, turn.id);
    // Whoever argues or reviews does not answer in the place of the model that was asked.
    const started = events.filter(({ __typename }) => __typename === 'ResponseStarted');
    expect(new Set(started.map(({ servedBy }) => servedBy.id))).toEqual(new Set(['lab/worker']));
    const [response] = await worked(member, turn.id);
    expect(response?.servedBy).toEqual({ id: 'lab/worker' });
    return response as Worked;
  }

  const said = (index: number) => textOf(lastOf(shop.requests[index] as never));
  const asked = () => shop.requests.map(({ model }) => model);

  it('are listed', async () => {
    const { agents } = await member.gql('query { agents { id name description } }');
    expect(agents.map(({ id }: { id: string }) => id)).toEqual([
      'tools',
      'plan-then-act',
      'critic',
      'debate',
      'shorter',
    ]);
  });

  it('make a plan, and then act', async () => {
    shop.script('worker', (_request, index) =>
      index === 0 ? [text('I will look.')] : index === 1 ? call('look', {}) : [text('It is blue.')],
    );
    const response = await work('plan-then-act', ['look']);
    expect(response).toMatchObject({ text: 'It is blue.', reasoning: '**Plan**\n\nI will look.', status: 'COMPLETED' });
    expect(callsOf(response)).toMatchObject([{ status: 'DONE', result: 'Blue.' }]);
    expect(shop.requests[0]?.options).toBeUndefined();
    expect(said(1)).toContain('carry the plan out');
    expect(response.creditsCharged).toBe(3 * STEP_CREDITS);
  });

  it('have another model review a draft', async () => {
    shop.script('worker', (_request, index) => [text(index === 0 ? 'Red.' : 'Blue, then.')]);
    shop.script('helper', () => [text('It is not red.')]);
    const response = await work('critic');
    expect(response).toMatchObject({ text: 'Blue, then.' });
    expect(response.reasoning).toBe('**Draft: worker**\n\nRed.\n\n**Review: helper**\n\nIt is not red.');
    expect(asked()).toEqual(['worker', 'helper', 'worker']);
    expect(said(2)).toContain('It is not red.');
  });

  it('have two models argue before a judge', async () => {
    shop.script('helper', (_request, index) => [text(`Blue ${index}.`)]);
    shop.script('third', (_request, index) => [text(`Red ${index}.`)]);
    shop.script('worker', () => [text('Purple.')]);
    const response = await work('debate');
    expect(response).toMatchObject({ text: 'Purple.', status: 'COMPLETED' });
    expect(asked()).toEqual(['helper', 'third', 'helper', 'third', 'worker']);
    expect(response.reasoning).toContain('**third, round 2**\n\nRed 1.');
    expect(said(4)).toContain('Red 1.');
  });

  it('may be a program’s own', async () => {
    shop.script('worker', (_request, index) => [text(index === 0 ? 'It is of a deep blue.' : 'Blue.')]);
    const response = await work('shorter');
    expect(response).toMatchObject({ text: 'Blue.', reasoning: 'It is of a deep blue.' });
    expect(said(1)).toContain('in fewer words: It is of a deep blue.');
  });
});
