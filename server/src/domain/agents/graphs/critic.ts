import type { AgentDefinition } from '../agent-definition.ts';
import { loop } from './tools-loop.ts';

/** Has another model review a draft, which the model then makes better. */
export const critic: AgentDefinition = {
  id: 'critic',
  name: 'Draft and critic',
  description: 'Writes a draft, has a second model review it, and answers with what was found in mind.',
  otherModels: 1,
  graph: (run) =>
    loop(run, {
      before: [
        [
          'draft',
          async (agent) => [
            (await agent.ask({ tools: false, as: 'thought', title: `Draft: ${run.models[0]?.name}` })).ref,
          ],
        ],
        [
          'review',
          async (agent, steps) => {
            const ask =
              'Review this answer as a strict and fair critic: what is wrong, what is missing, what cannot be known, what is badly said? List what has to change, most important first. Do not write the answer yourself.';
            const review = await agent.ask({
              after: [...steps, ask],
              model: run.models.length - 1,
              tools: false,
              as: 'thought',
              title: `Review: ${run.models.at(-1)?.name}`,
            });
            return [
              `A critic has reviewed your draft:\n\n${review.text}\n\nNow write the answer anew, whole, with what is right in that. Check with your tools what they can check. Mention neither the draft nor the review.`,
            ];
          },
        ],
      ],
    }),
};
