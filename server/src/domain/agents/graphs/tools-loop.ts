import type { AgentDefinition, AgentRun, NodeConfig, StepRef } from '../agent-definition.ts';
import { loadLangGraph } from '../langgraph.ts';

/** Has a model use tools until it has its answer: what every prompt with tools is asked of, unless it names another agent. */
export const toolsLoop: AgentDefinition = {
  id: 'tools',
  name: 'Tools',
  description: 'Uses tools, looks at what they tell, and goes on until it can answer.',
  graph: (run) => loop(run),
};

export interface LoopOptions {
  /** What comes before the first step, which the graph has made: nodes by name, in their order. Default: nothing. */
  before?: readonly [string, (agent: ReturnType<AgentRun['at']>, steps: readonly Told[]) => Promise<Told[]>][];
}

type Told = StepRef | string;

/** Model, approval, tools, and again, until the model calls no more. */
export async function loop(run: AgentRun, { before = [] }: LoopOptions = {}) {
  const { Annotation, END, START, StateGraph } = await loadLangGraph();
  const State = Annotation.Root({
    // References only: what was said and told is in the tables of steps.
    steps: Annotation<Told[]>({ reducer: (told, more) => [...told, ...more], default: () => [] }),
    calls: Annotation<number>(),
  });
  type LoopState = typeof State.State;
  const last = ({ steps }: LoopState) => steps.findLast((one) => typeof one !== 'string') as StepRef;
  const graph = new StateGraph(State)
    .addNode('model', async ({ steps }: LoopState, config: NodeConfig) => {
      const said = await run.at(config).ask({ after: steps });
      return { steps: [said.ref], calls: said.calls };
    })
    .addNode('approval', async (state: LoopState, config: NodeConfig) => {
      await run.at(config).approve(last(state));
      return {};
    })
    .addNode('tools', async (state: LoopState, config: NodeConfig) => ({
      steps: [await run.at(config).useTools(last(state))],
    }))
    .addConditionalEdges('model', ({ calls }) => (calls > 0 ? 'approval' : END), { approval: 'approval', [END]: END })
    .addEdge('approval', 'tools')
    .addEdge('tools', 'model');
  let previous: string = START;
  for (const [name, work] of before) {
    // The names of nodes are types to LangGraph, and these are made here.
    const open = graph as unknown as OpenGraph<LoopState>;
    open.addNode(name, async ({ steps }, config) => ({ steps: await work(run.at(config), steps) }));
    open.addEdge(previous, name);
    previous = name;
  }
  (graph as unknown as OpenGraph<LoopState>).addEdge(previous, 'model');
  return graph.compile({ checkpointer: run.checkpointer });
}

interface OpenGraph<State> {
  addNode(name: string, work: (state: State, config: NodeConfig) => Promise<{ steps: Told[] }>): unknown;
  addEdge(from: string, to: string): unknown;
}
