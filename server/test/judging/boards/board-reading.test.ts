import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { beforeAll, expect, it } from 'vitest';
import type { BoardFilter } from '../../../src/database/judging/board-verdicts.ts';
import { type BoardVerdicts, readBoardVerdicts } from '../../../src/domain/judging/boards/board-reading.ts';
import { describeDatabases } from '../../setup/describe-databases.ts';
import { listed } from './listed-verdicts.ts';
import { type Chance, chanceFrom } from './simulated-team.ts';

const everything: BoardFilter = {
  ...{ from: null, to: null, topic: null, teamId: null, source: 'MEMBERS', blindOnly: false },
};
const firstDay = Date.UTC(2026, 0, 1);

describeDatabases('reading the verdicts of a board', (database) => {
  let judged: Judged[];
  beforeAll(async () => {
    const { db } = database();
    await sql`insert into judge (user_id, model_id) values (null, null), (null, null), (null, 'a/judge')`.execute(db);
    judged = drawVerdicts(chanceFrom(5), 300, 12);
    await db
      .insertInto('verdict')
      .values(judged.map(({ verdict }) => verdict))
      .execute();
    await db
      .insertInto('verdict_contestant')
      .values(judged.flatMap(({ contestants }) => contestants))
      .execute();
  });

  /** The rows themselves, in the order of time and id. */
  const expected = (counts: (verdict: Judged['verdict']) => boolean, source: BoardFilter['source'] = 'MEMBERS') =>
    judged
      .filter(({ verdict }) => (verdict.judge_number === 3) === (source === 'JUDGES') && counts(verdict))
      .sort(
        ({ verdict: one }, { verdict: other }) =>
          one.created_at.getTime() - other.created_at.getTime() || (one.id < other.id ? -1 : 1),
      )
      .map(({ verdict, contestants }) => ({
        ...{ judge: verdict.judge_number, cluster: source === 'MEMBERS' ? verdict.judge_number : verdict.cluster_id },
        at: verdict.created_at.getTime(),
        lanes: contestants
          .toSorted((one, other) => one.lane - other.lane)
          .map((row) => ({
            ...{
              model: `${row.model_id} ${row.merged}`,
              answer: row.response_id,
              best: row.best,
              credits: row.credits,
            },
            ...{ firstTokenMs: row.first_token_ms, outputTokens: row.output_tokens, characters: row.characters },
          })),
      }));
  const read = async (filter: Partial<BoardFilter>, page?: number) =>
    numbered(named(await readBoardVerdicts(database().db, { ...everything, ...filter }, page ? { page } : {})));

  it('finds each once with its answers, by time and lane, in pages of any size', async () => {
    const all = numbered(expected(() => true));
    expect(all.length).toBeGreaterThan(150);
    for (const page of [undefined, 1, 7, all.length, all.length + 1]) expect(await read({}, page)).toEqual(all);
  });

  it('leaves out what the filter leaves out', async () => {
    const from = new Date(firstDay + 20);
    const to = new Date(firstDay + 60);
    expect(await read({ from, to }, 9)).toEqual(
      numbered(expected(({ created_at }) => created_at >= from && created_at < to)),
    );
    expect(await read({ topic: 'poems', blindOnly: true }, 9)).toEqual(
      numbered(expected(({ topic, blind, named, unpaced }) => topic === 'poems' && blind && !named && !unpaced)),
    );
    expect(await read({ topic: 'nothing' })).toEqual([]);
  });

  it('takes verdicts on one prompt together where models judge', async () => {
    const ofModels = numbered(expected(() => true, 'JUDGES'));
    expect(new Set(ofModels.map(({ cluster }) => cluster)).size).toBeLessThan(ofModels.length);
    expect(await read({ source: 'JUDGES' }, 10)).toEqual(ofModels);
  });

  it('rates a hundred contestants at most, and what they were compared with each other', async () => {
    const { db } = database();
    const many = drawVerdicts(chanceFrom(6), 500, 130).map(({ verdict, contestants }) => ({
      verdict: { ...verdict, judge_number: 1, topic: 'many' },
      contestants,
    }));
    await db
      .insertInto('verdict')
      .values(many.map(({ verdict }) => verdict))
      .execute();
    await db
      .insertInto('verdict_contestant')
      .values(many.flatMap(({ contestants }) => contestants))
      .execute();
    const board = await readBoardVerdicts(db, { ...everything, topic: 'many' });
    expect(board).toMatchObject({ isCut: true, contestants: { length: 100 } });
    const counts = new Map<string, number>();
    const nameOf = ({ model_id, merged }: Contestant) => `${model_id} ${merged}`;
    for (const row of many.flatMap(({ contestants }) => contestants)) {
      counts.set(nameOf(row), (counts.get(nameOf(row)) ?? 0) + 1);
    }
    const kept = new Set(board.contestants.map(({ modelId, merged }) => `${modelId} ${merged}`));
    const [fewestKept, mostLeft] = [
      Math.min(...[...counts].filter(([name]) => kept.has(name)).map(([, count]) => count)),
      Math.max(...[...counts].filter(([name]) => !kept.has(name)).map(([, count]) => count)),
    ];
    expect(fewestKept).toBeGreaterThanOrEqual(mostLeft);
    const left = many.filter(({ contestants }) => {
      const lanes = contestants.filter((row) => kept.has(nameOf(row)));
      const wasBest = contestants.some(({ best }) => best);
      return lanes.length >= 2 && wasBest === lanes.some(({ best }) => best);
    });
    expect(board.verdicts.count).toBe(left.length);
    const lanes = left.flatMap(({ contestants }) => contestants.filter((row) => kept.has(nameOf(row))));
    const sum = (values: Iterable<number>) => [...values].reduce((all, value) => all + value, 0);
    expect(sum(board.verdicts.credits)).toBe(sum(lanes.map(({ credits }) => credits)));
    expect(board.verdicts.models.length).toBe(lanes.length);
  });
});

interface Contestant {
  verdict_id: string;
  lane: number;
  response_id: string;
  model_id: string;
  best: boolean;
  merged: boolean;
  credits: number;
  first_token_ms: number | null;
  output_tokens: number | null;
  characters: number;
}

type Judged = ReturnType<typeof drawVerdicts>[number];

/** Some at the same time, some on the same prompt, some of which compare an answer that another one compares. */
function drawVerdicts(chance: Chance, count: number, models: number) {
  const below = (limit: number) => Math.floor(chance.even() * limit);
  const answers = Array.from({ length: 40 }, () => randomUUID());
  const prompts = Array.from({ length: 40 }, () => randomUUID());
  return Array.from({ length: count }, () => {
    const verdict = {
      ...{ id: randomUUID(), turn_id: null, team_id: null, kind: 'BEST' as const, note: null },
      ...{ judge_number: 1 + below(3), topic: below(2) ? 'poems' : null, cluster_id: prompts[below(40)] as string },
      ...{ blind: below(9) > 0, named: below(9) === 0, unpaced: below(9) === 0 },
      created_at: new Date(firstDay + below(80)),
    };
    const contestants = Array.from({ length: 2 + below(4) }, (_, index): Contestant => {
      const response_id = below(3) ? randomUUID() : (answers[below(40)] as string);
      return {
        ...{ verdict_id: verdict.id, lane: index * 2 + below(2), response_id, model_id: `lab/${below(models)}` },
        ...{ best: below(3) === 0, merged: below(6) === 0, credits: below(2) * 4_000_000_000 + below(1000) },
        first_token_ms: below(4) ? below(5000) : null,
        output_tokens: below(4) ? below(5000) : null,
        characters: below(100_000),
      };
    });
    return { verdict, contestants };
  });
}

function named({ verdicts, contestants }: BoardVerdicts) {
  const nameOf = (place: number) => `${contestants[place]?.modelId} ${contestants[place]?.merged}`;
  return listed(verdicts).map((verdict) => ({
    ...verdict,
    lanes: verdict.lanes.map((lane) => ({ ...lane, model: nameOf(lane.model) })),
  }));
}

interface Named {
  judge: number;
  cluster: number | string;
  at: number;
  lanes: readonly { answer: number | string; model: string }[];
}

/** Numbers clusters and answers in the order in which they are met, since a board takes any numbers for them. */
function numbered(verdicts: readonly Named[]) {
  const numbers = new Map<number | string, number>();
  const numberOf = (key: number | string) => {
    if (!numbers.has(key)) numbers.set(key, numbers.size);
    return numbers.get(key);
  };
  return verdicts.map(({ cluster, lanes, ...rest }) => ({
    ...rest,
    cluster: numberOf(`cluster ${cluster}`),
    lanes: lanes.map(({ answer, ...lane }) => ({ ...lane, answer: numberOf(`answer ${answer}`) })),
  }));
}
