import { describe, expect } from 'vitest';
import {
  makeDataFolderOfBefore,
  makeDataFolderOfLater,
  memberOfBefore,
} from '../../server/test/upgrade/database-of-before.ts';
import { chromiumPath, everythingIsAsked } from './setup/browser.ts';
import { awake } from './setup/people.ts';
import { type Polylogue, test } from './setup/polylogue.ts';

describe.skipIf(!chromiumPath && !everythingIsAsked)('a database of another version', () => {
  /** Opens a page as the member of the database. */
  async function start(polylogue: Polylogue) {
    const { page, problems } = await polylogue.open();
    const headers = { origin: polylogue.url };
    const answer = await page.request.post('/api/auth/sign-in/email', { data: memberOfBefore, headers });
    expect(answer.status()).toBe(200);
    await page.goto('/');
    await awake(page);
    const open = async (title: string) => {
      await page.getByRole('link', { name: title, exact: true }).first().click();
      await page.getByRole('heading', { name: title, exact: true }).waitFor();
    };
    return { page, problems, open, lanes: page.locator('article') };
  }

  test('a database from before answers had parts shows answers, reasoning, failures, stopped and interrupted answers', async ({
    polylogues,
  }) => {
    const polylogue = await polylogues.open({ makeDatabase: makeDataFolderOfBefore });
    const { page, problems, open, lanes } = await start(polylogue);
    await open('What is it?');
    await lanes.getByText('Version one.').waitFor();
    expect(await lanes.getByText('An answer in two pieces 😀.').count()).toBe(2);
    await lanes.first().getByText('thought').click();
    await lanes.first().getByText('First I think.').waitFor();
    await page.getByRole('button', { name: 'Later answer' }).click();
    await lanes.getByText('Version two.').waitFor();

    await open('Fail at once');
    await lanes.getByText('No such key.').waitFor();
    await lanes.getByText('Half an answer').waitFor();
    await lanes.getByText('It broke.').waitFor();

    await open('Stop me');
    await lanes.getByText('To be stopped and gone on with.').waitFor();

    await open('Die while writing');
    await lanes.getByText('Still writing').waitFor();
    await lanes.getByText('The server stopped while this answer was being written.').waitFor();
    expect(problems).toEqual([]);
  });

  test('a database of a later version shows an unknown part as a box with its name, and the text after it', async ({
    polylogues,
  }) => {
    const polylogue = await polylogues.open({ makeDatabase: makeDataFolderOfLater });
    const { problems, open, lanes } = await start(polylogue);
    await open('What is it?');
    const lane = lanes.filter({ hasText: 'Version one.' });
    await lane.getByText('hologram: this version cannot show it.').waitFor();
    expect((await lane.locator('.answer').textContent())?.trim()).toBe('Version one.');
    expect(problems).toEqual([]);
  });
});
