import fc from 'fast-check';
import type { TierId } from '../../../src/domain/ground/tiers.ts';
import { failureCodes, type TokenUsage } from '../../../src/ports/language-model.ts';

/** Numbers in an action select one of the things that exist when its turn comes. */
export type Action =
  | {
      do: 'send';
      member: number;
      house: number;
      models: string[];
      files: number[];
      merge: boolean;
      output: number | undefined;
      branch: number | null;
      team: number | null;
      own: boolean;
      key: number | null;
    }
  | {
      do: 'call';
      member: number;
      team: number | null;
      house: number;
      model: string;
      output: number | undefined;
      image: boolean;
      key: number | null;
    }
  | { do: 'leave'; program: number }
  | { do: 'regenerate'; member: number; house: number; response: number; model: string | null; key: number | null }
  | { do: 'revoke'; member: number; house: number; key: number }
  | { do: 'write'; call: number; part: 'text' | 'reasoning'; text: string }
  | { do: 'finish'; call: number; usage: TokenUsage | null }
  | { do: 'fail'; call: number; code: (typeof failureCodes)[number]; usage: TokenUsage | null }
  | { do: 'stop'; member: number; house: number; response: number; all: boolean }
  | { do: 'takeOver'; house: number; response: number; status: 'STOPPED' | 'INTERRUPTED' }
  | { do: 'kill'; house: number }
  | { do: 'delete'; member: number; house: number; response: number }
  | { do: 'adjust'; member: number; team: number | null; amount: number }
  | { do: 'tier'; member: number; tier: TierId }
  | { do: 'allow'; team: number; monthlyCredits: number }
  | { do: 'membership'; member: number; team: number; in: boolean }
  /** Leaves a team for the other one, and is in both or in neither for a moment. */
  | { do: 'changeTeam'; member: number; from: number; joinsFirst: boolean }
  | { do: 'archive'; team: number; archived: boolean }
  | { do: 'month'; member: number; team: number | null; months: number }
  | { do: 'look'; member: number; team: number | null };

const index = fc.nat(1000);
const model = fc.constantFrom('lab/plain', 'lab/dear', 'lab/free', 'lab/odd');
/** Plausible counts, counts far beyond what was held, and counts that no provider should report. */
const tokens = fc.oneof(
  { weight: 6, arbitrary: fc.nat(600) },
  { weight: 2, arbitrary: fc.nat(5_000_000) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1e300) },
);
const usage = fc.option(
  fc.record({
    inputTokens: tokens,
    cachedInputTokens: tokens,
    cacheWriteInputTokens: tokens,
    outputTokens: tokens,
    reasoningTokens: tokens,
  }),
  { freq: 4 },
);
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom('', '\0', '\ud83d', '👩‍🚀', '漢'),
);
const house = index;
const member = index;
const response = index;
/** The team that pays or that the action concerns. Null: the member. */
const team = fc.option(index, { freq: 2 });
/** The API key that the action is done with. Null: a session. */
const key = fc.option(index, { freq: 2 });

export const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      member,
      house,
      models: fc.array(model, { minLength: 1, maxLength: 3 }),
      files: fc.array(index, { maxLength: 2 }),
      merge: fc.boolean(),
      output: fc.option(fc.integer({ min: 1, max: 2000 }), { nil: undefined }),
      branch: fc.option(index),
      team,
      own: fc.boolean(),
      key,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('call' as const),
      member,
      team,
      house,
      model,
      output: fc.option(fc.integer({ min: 1, max: 2000 }), { nil: undefined }),
      image: fc.boolean(),
      key,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('leave' as const), program: index }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('regenerate' as const),
      member,
      house,
      response,
      model: fc.option(model),
      key,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('revoke' as const), member, house, key: index }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      call: index,
      part: fc.constantFrom('text', 'reasoning'),
      text,
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('finish' as const), call: index, usage }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      call: index,
      code: fc.constantFrom(...failureCodes),
      usage,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('stop' as const), member, house, response, all: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('takeOver' as const),
      house,
      response,
      status: fc.constantFrom('STOPPED', 'INTERRUPTED'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const), house }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), member, house, response }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('adjust' as const),
      member,
      team,
      amount: fc.integer({ min: -300_000, max: 300_000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('tier' as const),
      member,
      tier: fc.constantFrom('FREE', 'PRO', 'ENTERPRISE'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('month' as const), member, team, months: fc.constantFrom(-1, -2, -12, 1) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('allow' as const),
      team: index,
      monthlyCredits: fc.constantFrom(0, 50_000, 400_000, 2_000_000),
    }),
  },
  // Members are mostly in their teams, and teams mostly in use.
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('membership' as const),
      member,
      team: index,
      in: fc.constantFrom(true, true, false),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('changeTeam' as const),
      member,
      from: index,
      joinsFirst: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('archive' as const),
      team: index,
      archived: fc.constantFrom(false, false, true),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('look' as const), member, team }) },
);

/** The actions of a batch begin at the same moment. */
export const history = fc.array(fc.array(action, { minLength: 1, maxLength: 4, size: 'max' }), {
  minLength: 10,
  maxLength: 30,
  size: 'max',
});
