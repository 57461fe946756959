import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { TurnRow } from '../../src/database/turns.ts';
import type { Answer } from '../../src/database/versions.ts';
import { type HistorySource, sourcesOf } from '../../src/domain/asking/continued-history.ts';

/** A prompt that goes on from an answer: of which turn before it, in which lane. */
interface Continued {
  from: number;
  lane: number;
}

const branches = fc
  .integer({ min: 1, max: 12 })
  .chain((length) =>
    fc.tuple(
      ...Array.from({ length: length + 1 }, (_none, at) =>
        at === 0
          ? fc.constant(null)
          : fc.option(fc.record({ from: fc.nat(at - 1), lane: fc.nat(3) }), { nil: null, freq: 2 }),
      ),
    ),
  );

it('a turn answers as it was sent to the answer that the last prompt went on from', () => {
  fc.assert(
    fc.property(branches, (continued: (Continued | null)[]) => {
      const next = continued.at(-1) ?? null;
      const branch = continued.slice(0, -1).map((one, number) => turnOf(number, one));
      const sources = sourcesOf(branch, answersOf(branch), next && { turnId: `turn ${next.from}`, lane: next.lane });
      expect(sources).toEqual(branch.map((_turn, place) => expected(continued, place, continued.length - 1)));
    }),
  );
});

/** As what the turn answers in the history of the prompt at a place: step by step, from the last prompt to the first. */
function expected(continued: (Continued | null)[], place: number, before: number): HistorySource | null {
  const at = continued.findLastIndex((one, index) => one !== null && index <= before);
  const last = continued[at];
  if (!last || place >= at) return null;
  const source = { lane: last.lane, modelId: `model of ${last.from}, ${last.lane}` };
  return place >= last.from ? source : (expected(continued, place, last.from) ?? source);
}

function turnOf(number: number, continued: Continued | null): TurnRow {
  return {
    id: `turn ${number}`,
    history_turn_id: continued && `turn ${continued.from}`,
    history_lane: continued?.lane ?? null,
  } as TurnRow;
}

function answersOf(branch: readonly TurnRow[]): Answer[] {
  return branch.flatMap(({ id }, number) =>
    [0, 1, 2, 3].map((lane) => ({ turn_id: id, lane, asked_model_id: `model of ${number}, ${lane}` }) as Answer),
  );
}
