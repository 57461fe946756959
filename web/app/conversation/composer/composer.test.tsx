import { fireEvent, render, screen } from '@testing-library/react';
import { Client, fetchExchange } from '@urql/core';
import { useState } from 'react';
import { Provider } from 'urql';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { PayersProvider } from '../../frame/payers.tsx';
import type { ModelChoiceFragment } from '../../graphql/generated/graphql.ts';
import { loadLayers } from '../../ui/layers/loading.ts';
import { TooltipProvider } from '../../ui/tooltip.tsx';
import type { Asking } from '../turns/asking.ts';
import { Composer } from './composer.tsx';

// The API never answers a request for a quote.
const client = new Client({ url: 'http://localhost', exchanges: [fetchExchange], fetch: () => new Promise(() => {}) });

// The page loads them when its first control is pointed at.
beforeAll(async () => void (await loadLayers()));

const model = (id: string, name: string, allowed = true): ModelChoiceFragment => ({
  id,
  name,
  provider: { id: 'a', name: 'A' },
  minimumTier: 'FREE',
  contextWindow: 1000,
  maxOutputTokens: 1000,
  inputPrice: 1,
  outputPrice: 1,
  accepts: ['TEXT'],
  access: allowed
    ? { allowed, denial: null, message: null }
    : { allowed, denial: 'TIER_TOO_LOW', message: 'Needs the Pro plan.' },
});
const models = [model('a/one', 'One'), model('a/two', 'Two'), model('a/pro', 'Grand', false)];

function Page({ onSend, sending = false }: { onSend: () => void; sending?: boolean }) {
  const [draft, setDraft] = useState('Why?');
  const [asking, setAsking] = useState<Asking>({ modelIds: ['a/one'], parameters: {}, systemPrompt: '' });
  return (
    <Provider value={client}>
      <PayersProvider viewerId="ada" loaded={[]}>
        <TooltipProvider>
          <Composer
            conversationId={null}
            models={models}
            modelsPerPrompt={2}
            maxOutputTokens={1000}
            lastPayer={null}
            ownCredits={1000}
            draft={draft}
            onDraft={setDraft}
            attachments={[]}
            onAttach={() => {}}
            onDetach={() => {}}
            asking={asking}
            onAsking={setAsking}
            asked={asking}
            firstModelIds={['a/one']}
            authorOf={() => null}
            beginning={null}
            preset={null}
            onPreset={() => {}}
            hidden={false}
            sending={sending}
            running={0}
            onStop={() => {}}
            onSend={onSend}
            notice={null}
          />
        </TooltipProvider>
      </PayersProvider>
    </Provider>
  );
}

afterEach(() => {
  document.body.innerHTML = '';
});

const prompt = () => screen.getByRole('textbox', { name: 'Prompt' });

test('Enter sends, but neither Shift+Enter nor the Enter that ends a composition does', () => {
  const onSend = vi.fn();
  render(<Page onSend={onSend} />);
  fireEvent.keyDown(prompt(), { key: 'Enter', shiftKey: true });
  fireEvent.keyDown(prompt(), { key: 'Enter', isComposing: true });
  fireEvent.keyDown(prompt(), { key: 'Enter', keyCode: 229 });
  expect(onSend).not.toHaveBeenCalled();
  fireEvent.keyDown(prompt(), { key: 'Enter' });
  expect(onSend).toHaveBeenCalledTimes(1);
});

test('Enter breaks the line on a touch screen', () => {
  const onSend = vi.fn();
  const media = vi
    .spyOn(window, 'matchMedia')
    .mockReturnValue(Object.assign(new EventTarget(), { matches: true }) as MediaQueryList);
  render(<Page onSend={onSend} />);
  expect(fireEvent.keyDown(prompt(), { key: 'Enter' })).toBe(true);
  expect(media).toHaveBeenCalledWith('(pointer: coarse)');
  expect(onSend).not.toHaveBeenCalled();
  media.mockRestore();
});

test('nothing is sent while a prompt is on its way, without text or without a model', () => {
  const onSend = vi.fn();
  const { rerender } = render(<Page onSend={onSend} sending />);
  fireEvent.keyDown(prompt(), { key: 'Enter' });
  rerender(<Page onSend={onSend} />);
  fireEvent.click(screen.getByRole('button', { name: 'Remove One' }));
  fireEvent.keyDown(prompt(), { key: 'Enter' });
  expect(prompt().getAttribute('placeholder')).toBe('Choose a model to ask…');
  expect(screen.getByText('Choose a model to ask')).toBeTruthy();
  fireEvent.change(prompt(), { target: { value: '  ' } });
  fireEvent.keyDown(prompt(), { key: 'Enter' });
  expect(onSend).not.toHaveBeenCalled();
});

test('models are found by name and added by keyboard up to the plan’s limit, and a locked model says why', () => {
  render(<Page onSend={() => {}} />);
  fireEvent.click(screen.getByRole('button', { name: 'Add a model' }));
  const search = screen.getByRole('combobox', { name: 'Search models' });
  expect(screen.getByRole('option', { name: /Grand/ }).textContent).toContain('Needs the Pro plan.');
  fireEvent.change(search, { target: { value: 'grand' } });
  fireEvent.keyDown(search, { key: 'Enter' });
  expect(screen.queryByRole('button', { name: 'Remove Grand', hidden: true })).toBeNull();
  fireEvent.change(search, { target: { value: 'two' } });
  fireEvent.keyDown(search, { key: 'Enter' });
  expect(screen.getByRole('button', { name: 'Remove Two', hidden: true })).toBeTruthy();
  expect(screen.getByText(/Your plan allows up to 2 at once/)).toBeTruthy();
});

test('one model can hold two lanes', () => {
  render(<Page onSend={() => {}} />);
  fireEvent.click(screen.getByRole('button', { name: 'Add a model' }));
  const search = screen.getByRole('combobox', { name: 'Search models' });
  fireEvent.keyDown(search, { key: 'Enter', shiftKey: true });
  expect(screen.getAllByRole('button', { name: 'Remove One', hidden: true })).toHaveLength(2);
  fireEvent.keyDown(search, { key: 'Enter' });
  expect(screen.getAllByRole('button', { name: 'Remove One', hidden: true })).toHaveLength(1);
  fireEvent.keyDown(search, { key: 'Enter', shiftKey: true });
  fireEvent.click(screen.getAllByRole('button', { name: 'Remove One', hidden: true })[0] as HTMLElement);
  expect(screen.getAllByRole('button', { name: 'Remove One', hidden: true })).toHaveLength(1);
});
