import type { AgentDefinition, AgentNode, AgentRun, NodeConfig } from '../agent-definition.ts';
import { loadLangGraph } from '../langgraph.ts';

const ROUNDS = 2;

/** Has two models argue, and a judge answer. */
export const debate: AgentDefinition = {
  id: 'debate',
  name: 'Debate',
  description: 'Two other models argue for two rounds; the chosen model judges, and answers.',
  otherModels: 2,
  async graph(run) {
    const { Annotation, END, START, StateGraph } = await loadLangGraph();
    const State = Annotation.Root({
      said: Annotation<string[]>({ reducer: (said, more) => [...said, ...more], default: () => [] }),
    });
    type Debate = typeof State.State;
    const side =
      (which: 0 | 1) =>
      async ({ said }: Debate, config: NodeConfig) => ({
        said: [await argument(run, run.at(config), said, which)],
      });
    return new StateGraph(State)
      .addNode('first', side(0))
      .addNode('second', side(1))
      .addNode('judge', async ({ said }: Debate, config: NodeConfig) => {
        await run.at(config).ask({ after: [verdictOn(said)], tools: false });
        return {};
      })
      .addEdge(START, 'first')
      .addEdge('first', 'second')
      .addConditionalEdges('second', ({ said }) => (said.length < 2 * ROUNDS ? 'first' : 'judge'), {
        first: 'first',
        judge: 'judge',
      })
      .addEdge('judge', END)
      .compile({ checkpointer: run.checkpointer });
  },
};

/** The others argue; with too few of them a model argues with itself. */
async function argument(run: AgentRun, agent: AgentNode, said: readonly string[], which: 0 | 1): Promise<string> {
  const model = Math.min(which + 1, run.models.length - 1);
  const round = Math.floor(said.length / 2) + 1;
  const name = `${run.models[model]?.name}, round ${round}`;
  const { text } = await agent.ask({ after: [turnOf(said)], model, tools: false, as: 'thought', title: name });
  return text;
}

function turnOf(said: readonly string[]): string {
  const task = 'You debate this with another model before a judge. Answer as well as you can, in at most 300 words.';
  if (said.length === 0) return task;
  const contrary = said.length === 1 ? ' Where you can, take another view.' : '';
  return `${task}${contrary} This was said so far:\n\n${transcript(said)}\n\nAnswer what was said against you, and concede what is right.`;
}

function verdictOn(said: readonly string[]): string {
  return `Two models have debated this:\n\n${transcript(said)}\n\nJudge what was said, and give the best answer, whole and in your own words. Say where they disagreed only if it matters to the answer.`;
}

function transcript(said: readonly string[]): string {
  return said.map((text, index) => `<speaker name="${index % 2 === 0 ? 'A' : 'B'}">\n${text}\n</speaker>`).join('\n\n');
}
