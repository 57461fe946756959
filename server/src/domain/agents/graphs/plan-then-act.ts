import type { AgentDefinition } from '../agent-definition.ts';
import { loop } from './tools-loop.ts';

const PLAN =
  'First make a plan, and carry nothing of it out yet: in a few short steps, say what you will find out or do, with which tools, and what the answer has to hold.';
const ACT =
  'Now carry the plan out, step by step, with the tools that it needs. Change it where what you find asks for that. Then give the answer, without telling of the plan.';

/** Has the model make a plan before it uses a tool. */
export const planThenAct: AgentDefinition = {
  id: 'plan-then-act',
  name: 'Plan, then act',
  description: 'Makes a plan first, then carries it out with the tools that it needs.',
  graph: (run) =>
    loop(run, {
      before: [
        [
          'plan',
          async (agent) => {
            const plan = await agent.ask({ after: [PLAN], tools: false, as: 'thought', title: 'Plan' });
            return [PLAN, plan.ref, ACT];
          },
        ],
      ],
    }),
};
