import type { BrowserContext, Page } from 'playwright-core';
import type { Running } from './builds.ts';
import { asked, rareWord } from './conversations.ts';
import { type Frames, frames, memory, opened, scriptBytes } from './measures.ts';
import { TOKENS_A_SECOND } from './provider.ts';

export type Figures = Record<string, number>;

/** The figures in the order of the table, with their names. */
export const names: Record<string, string> = {
  newChat: 'script of a new chat, KB compressed',
  signIn: 'script of the sign-in page, KB compressed',
  task: '20 turns of four answers open: longest task, ms',
  seen: '… work until what is in sight is drawn, ms',
  whole: '… work until all is still, ms',
  streamP50: 'four columns at 90 tokens a second: time between frames, ms, median',
  streamP95: '… 95 of 100 are under',
  streamWork: '… work for each sixtieth of a second, ms',
  floorP95: 'four plain texts that grow as fast, in an empty page: 95 of 100 are under',
  floorWork: '… work for each sixtieth of a second, ms',
  end: 'the long conversation, open at the end: work until what is in sight is drawn, ms',
  middle: '… in the middle',
  hit: '… at what was searched for, with its words marked',
  scrollP50: '… turned through by the wheel: time between frames, ms, median',
  scrollP95: '… 95 of 100 are under',
  before: '… memory of scripts before, MB',
  after: '… after all turns were in sight',
  nodesBefore: '… nodes of the page before',
  nodesAfter: '… after',
};

/** All figures of a build, each in a page of its own. */
export async function figuresOf({ context, wide, long }: Running, isOut: BrowserContext): Promise<Figures> {
  const inPage = async <Result>(work: (page: Page) => Promise<Result>, from = context): Promise<Result> => {
    const page = await from.newPage();
    try {
      return await work(page);
    } finally {
      await page.close();
    }
  };
  const signIn = (await inPage((page) => scriptBytes(page, '/sign-in'), isOut)) / 1000;
  const newChat = (await inPage((page) => scriptBytes(page, '/'))) / 1000;
  // The scripts are in the browser's cache since.
  await inPage((page) => opened(page, pathOf(wide.id)));
  const open = await inPage((page) => opened(page, pathOf(wide.id)));
  const floor = await inPage(plainTexts);
  const stream = await inPage((page) => streaming(page, context));
  const [end, middle, hit] = [
    await inPage((page) => opened(page, pathOf(long.id))),
    await inPage((page) => opened(page, pathOf(long.id, { turn: long.turnIds[long.turnIds.length / 4] ?? '' }))),
    await inPage((page) =>
      opened(page, pathOf(long.id, { turn: long.turnIds[long.turnIds.length / 2] ?? '', find: rareWord })),
    ),
  ];
  const scrolled = await inPage((page) => turning(page, pathOf(long.id)));
  return {
    ...{ newChat, signIn, task: open.longest, seen: open.seen, whole: open.whole },
    ...{ streamP50: stream.p50, streamP95: stream.p95, streamWork: stream.work },
    ...{ floorP95: floor.p95, floorWork: floor.work, end: end.seen, middle: middle.seen, hit: hit.seen },
    ...scrolled,
  };
}

function pathOf(id: string, search: Record<string, string> = {}): string {
  const words = new URLSearchParams(search).toString();
  return `/c/${encodeURIComponent(id)}${words === '' ? '' : `?${words}`}`;
}

const measuredMs = 8000;

async function streaming(page: Page, context: BrowserContext): Promise<Frames> {
  await page.goto(pathOf(await asked(context)));
  await page.locator('[data-status="STREAMING"]').nth(3).waitFor();
  // Its scripts have run since.
  await page.waitForTimeout(1500);
  return frames(page, measuredMs);
}

/** What this browser takes to draw four texts that grow, without any app. */
async function plainTexts(page: Page): Promise<Frames> {
  await page.goto('/favicon.svg');
  await page.goto('about:blank');
  await page.evaluate(
    ({ ms, pace }) => {
      document.body.style.cssText = 'display: flex; gap: 12px; font: 15px/24px sans-serif';
      const texts = Array.from({ length: 4 }, () => {
        const column = document.body.appendChild(document.createElement('div'));
        column.style.cssText = 'width: 270px; white-space: pre-wrap';
        return column.appendChild(document.createTextNode(''));
      });
      const end = performance.now() + ms;
      let words = 0;
      const timer = setInterval(() => {
        for (const text of texts) text.appendData(words % 30 === 29 ? '\n\n' : 'words ');
        words += 1;
        if (performance.now() > end) clearInterval(timer);
      }, 1000 / pace);
    },
    { ms: measuredMs + 1000, pace: TOKENS_A_SECOND },
  );
  return frames(page, measuredMs);
}

/** Turns the wheel from the end of a conversation upwards, until all turns were in sight. */
async function turning(page: Page, path: string): Promise<Figures> {
  await opened(page, path);
  const before = await memory(page);
  await page.mouse.move(720, 400);
  const isAtTop = () =>
    page.evaluate(() => {
      const first = document.querySelector('.turn');
      return first?.getAttribute('aria-posinset') === '1' && (document.querySelector('.arena')?.scrollTop ?? 0) < 5;
    });
  const measuredFrames = frames(page, measuredMs);
  let isMeasured = false;
  void measuredFrames.then(() => {
    isMeasured = true;
  });
  while (!isMeasured || !(await isAtTop())) await page.mouse.wheel(0, isMeasured ? -3000 : -150);
  const { p50, p95 } = await measuredFrames;
  const after = await memory(page);
  return {
    ...{ scrollP50: p50, scrollP95: p95, before: before.megabytes, after: after.megabytes },
    ...{ nodesBefore: before.nodes, nodesAfter: after.nodes },
  };
}
