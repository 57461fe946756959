import { expect, test } from 'vitest';
import { type Asking, agentOf } from '../../turns/asking.ts';
import { mutesOf, withAgent, withTools } from './tool-choice.ts';

const asking: Asking = { modelIds: ['a/one', 'a/two'], parameters: {}, systemPrompt: '' };

test('tools are chosen and left again, and with the last one what depends on them', () => {
  const chosen = withAgent(withTools(asking, ['calculator']), { maxCredits: 500 });
  expect(chosen.agent).toEqual({ toolIds: ['calculator'], maxCredits: 500 });
  expect(agentOf(chosen)).toEqual({ toolIds: ['calculator'], maxCredits: 500 });
  expect(withTools(chosen, []).agent).toBeUndefined();
});

test('an agent needs no tools, and the one that uses them is not named', () => {
  const critic = withAgent(asking, { agentId: 'critic' });
  expect(agentOf(critic)).toEqual({ agentId: 'critic' });
  expect(withAgent(critic, { agentId: 'tools' }).agent).toBeUndefined();
});

test('models that are hidden use no tools', () => {
  expect(agentOf({ ...withTools(asking, ['calculator']), blind: true })).toEqual({});
});

test('models that cannot call tools are named', () => {
  const models = [
    { id: 'a/one', name: 'One', tools: true },
    { id: 'a/two', name: 'Two', tools: false },
    { id: 'a/three', name: 'Three', tools: false },
  ];
  expect(mutesOf({ models }, asking)).toEqual(['Two']);
});
