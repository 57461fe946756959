import { afterAll, beforeAll, expect, it } from 'vitest';
import { isExpectedAddress } from '../../src/tools/built-in/page/expected-address.ts';
import { ask } from '../api/asking.ts';
import { eventually } from '../eventually.ts';
import { type Client, startApp, type TestApp } from '../setup/app.ts';
import { describeDatabases } from '../setup/describe-databases.ts';
import {
  call,
  callsOf,
  createWorkshop,
  makeTool,
  text,
  told,
  type Worked,
  watch,
  worked,
  workshopCatalogue,
} from './workshop.ts';

const answerDocument = `mutation ($responseId: ID!, $toolCallId: ID!) {
  answerToolCall(responseId: $responseId, toolCallId: $toolCallId, approve: false, remember: false) { id }
}`;

describeDatabases('a page that a model reads', (database) => {
  const shop = createWorkshop();
  const cites = (url: string) => () => ({ ...told(`See ${url}`), citations: [{ url, title: null }] });
  const search = makeTool('web_search', cites('https://found.example/'));
  const other = makeTool('other', cites('https://cited.example/'));
  const read = {
    ...makeTool('read_page', () => told('A page.'), { isReadOnly: false }),
    isExpected: (
      { arguments: { url } }: { arguments: Readonly<Record<string, unknown>> },
      known: Parameters<typeof isExpectedAddress>[1],
    ) => isExpectedAddress(url, known),
  };
  let app: TestApp;
  let member: Client;
  beforeAll(async () => {
    app = await startApp({
      database: database(),
      catalogue: workshopCatalogue,
      languageModels: { lab: shop.languageModel },
      tools: [search, other, read],
    });
    member = await app.newMember();
  });
  afterAll(async () => {
    await app?.close();
    expect(app?.errors).toEqual([]);
  });

  const reads = (...urls: string[]) => urls.flatMap((url, number) => call('read_page', { url }, number));

  it('needs no approval if its member named it or a search of this server found it, and does otherwise', async () => {
    const steps = [
      [...call('web_search', { query: 'plums' }, 0), ...call('other', {}, 1)],
      reads('https://named.example/a?b=1', 'https://found.example/'),
      reads('https://named.example/a?b=secret', 'https://cited.example/', 'https://said.example/'),
      [text('Well.')],
    ];
    shop.script('worker', (_request, index) => [
      ...(index === 2 ? [text('https://said.example/ ')] : []),
      ...(steps[index] ?? []),
    ]);
    const prompt = 'Read https://named.example/a?b=1, and search.';
    const toolIds = ['web_search', 'other', 'read_page'];
    const { turn } = await ask(member, { prompt, modelIds: ['lab/worker'], toolIds } as never);
    const response = await eventually(async () => {
      const [one] = (await worked(member, turn.id)) as [Worked];
      expect(callsOf(one).filter(({ status }) => status === 'WAITING_FOR_APPROVAL')).toHaveLength(3);
      return one;
    });
    // Calls of one step run side by side.
    expect(read.requests.map((request) => request.arguments.url).sort()).toEqual([
      'https://found.example/',
      'https://named.example/a?b=1',
    ]);
    for (const { id, status } of callsOf(response)) {
      if (status === 'WAITING_FOR_APPROVAL')
        await member.gql(answerDocument, { responseId: response.id, toolCallId: id });
    }
    await watch(member, turn.id);
    expect((await worked(member, turn.id))[0]).toMatchObject({ status: 'COMPLETED' });
    expect(read.requests).toHaveLength(2);
  });
});
