import { render, screen } from '@testing-library/react';
import { Client, fetchExchange } from '@urql/core';
import { Provider } from 'urql';
import { afterEach, expect, test } from 'vitest';
import { Announcer } from '../../../frame/announcer.tsx';
import CallView, { type CallViewProps } from './call-view.tsx';

const tool = { id: 'calculator', name: 'Calculator', description: 'Calculates.', modelName: 'calculator' };
const known = {
  tools: [{ ...tool, serverName: 'Sums', needsApproval: true, priceCredits: 0 }],
  agents: [],
  models: [],
};

const props = {
  call: {
    ...{ __typename: 'ToolCallPart', index: 0, id: 'call', name: 'calculator', toolId: 'calculator' },
    ...{ status: 'WAITING_FOR_APPROVAL', durationMs: null, creditsCharged: null, arguments: '{"expression":"1 * 7"}' },
  },
  number: 1,
  response: { id: 'answer', model: { id: 'lab/reckoner', name: 'Reckoner' }, status: 'STREAMING' },
} as unknown as CallViewProps;

/** Shows the call to a member whose tools come when `answer` is called with the body of the API's answer. */
function open(): { answer: (body: object) => void } {
  let answer = (_body: object) => {};
  const answered = new Promise<Response>((resolve) => {
    answer = (body) => resolve(Response.json(body));
  });
  const client = new Client({ url: 'http://localhost', exchanges: [fetchExchange], fetch: () => answered });
  render(
    <Provider value={client}>
      <Announcer>
        <CallView {...props} />
      </Announcer>
    </Provider>,
  );
  return { answer };
}

const said = () => [...screen.getByRole('log').children].map(({ textContent }) => textContent);

afterEach(() => {
  document.body.innerHTML = '';
});

test('a call that waits is announced once, by the name that members know, with its server', async () => {
  const { answer } = open();
  expect(said()).toEqual([]);
  answer({ data: known });
  const card = await screen.findByRole('region', { name: 'May Calculator be used?' });
  expect(card.textContent).toContain('A tool of the server Sums');
  expect(said()).toEqual([expect.stringContaining('step 1: Calculator waits for your word')]);
});

test('a call that waits is announced although the tools cannot be loaded', async () => {
  const { answer } = open();
  answer({ errors: [{ message: 'Not now.' }] });
  await screen.findByText(/step 1: calculator waits for your word/);
});
