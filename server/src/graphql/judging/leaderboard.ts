import { type Catalogue, knownModel } from '../../domain/catalogue/catalogue.ts';
import {
  type BoardWarning,
  type NameOf,
  sayBoard,
  sayPair,
  warningsOf,
} from '../../domain/judging/boards/board-words.ts';
import type { Leaderboard as LeaderboardShape } from '../../domain/judging/boards/leaderboards.ts';
import { pairToJudge } from '../../domain/judging/boards/pair-to-judge.ts';
import type { BoardPair, BoardRow } from '../../domain/judging/ratings/board.ts';
import type { CoursePoint } from '../../domain/judging/ratings/course.ts';
import type { Pair } from '../../domain/judging/ratings/standings.ts';
import type { Estimate } from '../../domain/judging/ratings/uncertainty.ts';
import { builder, forMembers } from '../ground/builder.ts';
import { localId } from '../ground/ids.ts';
import { Model } from '../model.ts';

/** Complexity of a board by itself: it reads all its verdicts. */
const BOARD_COST = 5_000;
/** How many models a query is expected to find on a board, and how many pairs of them. */
const USUAL_MODELS = 12;
const USUAL_PAIRS = 60;

const VerdictSource = builder.enumType('VerdictSource', {
  values: {
    MEMBERS: { description: 'People.' },
    JUDGES: { description: 'Models that judge in evaluations. They have a board of their own.' },
  },
});

const LeaderboardState = builder.enumType('LeaderboardState', {
  values: {
    NO_VERDICTS: { description: 'Nothing was judged yet.' },
    TOO_FEW_JUDGES: { description: 'Fewer than three members judged: there are counts, and no ratings.' },
    CANNOT_TELL: { description: 'There is a model that the verdicts do not tell apart from the best one.' },
    DECIDED: { description: 'The verdicts tell one model apart from all others, as the best.' },
  },
});

const LeaderboardWarningCode = builder.enumType('LeaderboardWarningCode', {
  values: {
    NOT_CONNECTED: { description: 'There are models that nothing compares, directly or over others.' },
    MOSTLY_ONE_JUDGE: { description: 'One member, or one judging model, gave more than half of the verdicts.' },
  },
});

const LeaderboardWarning = builder.objectRef<BoardWarning>('LeaderboardWarning').implement({
  fields: (t) => ({
    code: t.expose('code', { type: LeaderboardWarningCode }),
    message: t.exposeString('message'),
    groups: t.field({
      type: t.listRef(t.listRef('String')),
      nullable: true,
      description: 'Of NOT_CONNECTED: the names of the models of each group that the verdicts connect.',
      resolve: ({ groups }) => groups,
    }),
    share: t.exposeFloat('share', {
      nullable: true,
      description: 'Of MOSTLY_ONE_JUDGE: the part of the verdicts that one judge gave, from 0 to 1.',
    }),
  }),
});

const LeaderboardLeftOut = builder.objectRef<LeaderboardShape['leftOut']>('LeaderboardLeftOut').implement({
  description: 'Verdicts that a board of blind ones leaves out, each counted once.',
  fields: (t) => ({
    open: t.exposeInt('open', { description: 'The judge knew the models.' }),
    named: t.exposeInt('named', { description: 'An answer names its model or maker.' }),
    unpaced: t.exposeInt('unpaced', { description: 'The judge saw the answers arrive at the models’ own speeds.' }),
  }),
});

/** A part of a board, with the board. */
interface Of<Part> {
  board: LeaderboardShape;
  part: Part;
}

function modelAt({ contestants }: LeaderboardShape, place: number, catalogue: Catalogue) {
  return knownModel(catalogue, contestants[place]?.modelId ?? '');
}

function isMerged({ contestants }: LeaderboardShape, place: number): boolean {
  return contestants[place]?.merged ?? false;
}

function namesOf(board: LeaderboardShape, catalogue: Catalogue): NameOf {
  return (place) => `${modelAt(board, place, catalogue).name}${isMerged(board, place) ? ' (merging)' : ''}`;
}

const MERGED = 'Whether it is rated by what it made of other models’ answers, apart from its own.';

const LeaderboardRow = builder.objectRef<Of<BoardRow>>('LeaderboardRow').implement({
  description:
    'A model on the board. A rating has 95 % intervals from the differences between members; figures are of the compared answers.',
  fields: (t) => {
    const part = (find: (row: BoardRow) => Estimate | null, which: keyof Estimate, description?: string) =>
      t.float({ nullable: true, description, resolve: ({ part }) => find(part)?.[which] ?? null });
    return {
      model: t.field({
        type: Model,
        resolve: ({ board, part }, _args, { catalogue }) => modelAt(board, part.model, catalogue),
      }),
      merged: t.boolean({ description: MERGED, resolve: ({ board, part }) => isMerged(board, part.model) }),
      rating: part(({ rating }) => rating, 'value', '1000 + 400 log10 of the odds; null: too few members judged.'),
      ratingLow: part(({ rating }) => rating, 'low'),
      ratingHigh: part(({ rating }) => rating, 'high'),
      lengthControlledRating: part(
        ({ lengthControlled }) => lengthControlled,
        'value',
        'The rating for answers as long as the others’.',
      ),
      lengthControlledLow: part(({ lengthControlled }) => lengthControlled, 'low'),
      lengthControlledHigh: part(({ lengthControlled }) => lengthControlled, 'high'),
      rankBest: t.int({ description: 'The best rank that it may have, from 1.', resolve: ({ part }) => part.rankBest }),
      rankWorst: t.int({ resolve: ({ part }) => part.rankWorst }),
      enough: t.boolean({
        description: 'Whether the verdicts tell it from at least one other model.',
        resolve: ({ part }) => part.enough,
      }),
      verdicts: t.int({
        description: 'In which it was compared, those by which all were bad left out.',
        resolve: ({ part }) => part.verdicts,
      }),
      allBad: t.int({ resolve: ({ part }) => part.allBad }),
      wins: t.float({
        description: 'How often it was better than another answer: each other answer of a verdict counts.',
        resolve: ({ part }) => part.wins,
      }),
      losses: t.float({ resolve: ({ part }) => part.losses }),
      ties: t.float({ resolve: ({ part }) => part.ties }),
      winRate: t.float({
        nullable: true,
        description: 'From 0 to 1: wins of all comparisons, ties as half.',
        resolve: ({ part }) => part.winRate,
      }),
      creditsPerAnswer: t.float({
        nullable: true,
        description: 'The median.',
        resolve: ({ part }) => part.credits?.value ?? null,
      }),
      creditsLow: t.float({
        nullable: true,
        description: 'An end of the median’s 95 % interval; null for fewer than eight answers.',
        resolve: ({ part }) => part.credits?.low ?? null,
      }),
      creditsHigh: t.float({ nullable: true, resolve: ({ part }) => part.credits?.high ?? null }),
      winRatePer1000Credits: t.float({ nullable: true, resolve: ({ part }) => part.winRatePer1000Credits }),
      firstTokenMs: t.int({
        nullable: true,
        description: 'The median.',
        resolve: ({ part }) => (part.firstTokenMs === null ? null : Math.round(part.firstTokenMs)),
      }),
      outputTokens: t.float({ nullable: true, description: 'The median.', resolve: ({ part }) => part.outputTokens }),
      characters: t.float({ nullable: true, description: 'The median.', resolve: ({ part }) => part.characters }),
      efficient: t.boolean({
        description: 'Whether no other model is at least as good and costs no more.',
        resolve: ({ part }) => part.efficient,
      }),
    };
  },
});

const LeaderboardPair = builder.objectRef<Of<BoardPair>>('LeaderboardPair').implement({
  description: 'Two models: the better one, as far as can be told, is a.',
  fields: (t) => ({
    a: t.field({
      type: Model,
      resolve: ({ board, part }, _args, { catalogue }) => modelAt(board, part.one, catalogue),
    }),
    aMerged: t.boolean({ description: MERGED, resolve: ({ board, part }) => isMerged(board, part.one) }),
    b: t.field({
      type: Model,
      resolve: ({ board, part }, _args, { catalogue }) => modelAt(board, part.other, catalogue),
    }),
    bMerged: t.boolean({ resolve: ({ board, part }) => isMerged(board, part.other) }),
    aWins: t.float({ resolve: ({ part }) => part.oneWins }),
    bWins: t.float({ resolve: ({ part }) => part.otherWins }),
    ties: t.float({ resolve: ({ part }) => part.ties }),
    chance: t.float({
      nullable: true,
      description: 'How likely a beats b, from 0 to 1, by all verdicts of the board; null: nothing connects them.',
      resolve: ({ part }) => part.chance?.value ?? null,
    }),
    chanceLow: t.float({ nullable: true, resolve: ({ part }) => part.chance?.low ?? null }),
    chanceHigh: t.float({ nullable: true, resolve: ({ part }) => part.chance?.high ?? null }),
    words: t.string({
      nullable: true,
      description: 'The same as people say it: “A beats B in 62 of 100, 48 to 75”.',
      resolve: ({ board, part }, _args, { catalogue }) => sayPair(part, namesOf(board, catalogue)),
    }),
  }),
});

const CourseRating = builder.objectRef<Of<CoursePoint['ratings'][number]>>('LeaderboardCourseRating').implement({
  fields: (t) => ({
    model: t.field({
      type: Model,
      resolve: ({ board, part }, _args, { catalogue }) => modelAt(board, part.model, catalogue),
    }),
    merged: t.boolean({ resolve: ({ board, part }) => isMerged(board, part.model) }),
    rating: t.float({ resolve: ({ part }) => part.rating.value }),
    ratingLow: t.float({ resolve: ({ part }) => part.rating.low }),
    ratingHigh: t.float({ resolve: ({ part }) => part.rating.high }),
  }),
});

const LeaderboardCoursePoint = builder.objectRef<Of<CoursePoint>>('LeaderboardCoursePoint').implement({
  description: 'The ratings from all verdicts up to the end of a week or month.',
  fields: (t) => ({
    from: t.field({
      type: 'DateTime',
      description: 'When the week (a Monday, UTC) or the month begins.',
      resolve: ({ part }) => new Date(part.from),
    }),
    verdicts: t.int({ resolve: ({ part }) => part.verdicts }),
    ratings: t.field({
      type: [CourseRating],
      complexity: { multiplier: USUAL_MODELS },
      resolve: ({ board, part }) => part.ratings.map((rating) => ({ board, part: rating })),
    }),
  }),
});

const LeaderboardStep = builder.enumType('LeaderboardStep', { values: ['WEEK', 'MONTH'] as const });

const Leaderboard = builder.objectRef<LeaderboardShape>('Leaderboard').implement({
  description: 'Which model is best, at what price, and how sure that is: docs/ratings.md says how it is counted.',
  fields: (t) => ({
    state: t.expose('state', { type: LeaderboardState }),
    words: t.string({
      description: 'What the board tells, in a sentence or two.',
      resolve: (board, _args, { catalogue }) => sayBoard(board, namesOf(board, catalogue)),
    }),
    warnings: t.field({
      type: [LeaderboardWarning],
      resolve: (board, _args, { catalogue }) => warningsOf(board, namesOf(board, catalogue)),
    }),
    verdicts: t.exposeInt('verdicts', { description: 'Those by which all answers are bad are not in it.' }),
    allBad: t.exposeInt('allBad', { description: 'They change no rating.' }),
    leftOut: t.expose('leftOut', { type: LeaderboardLeftOut }),
    cut: t.exposeBoolean('isCut', {
      description: 'Whether only the newest 200,000 verdicts, or the 100 models with the most of them, are counted.',
    }),
    judges: t.exposeInt('judges', { description: 'How many members, or judging models, gave the verdicts.' }),
    judgesMissing: t.exposeInt('judgesMissing', { description: 'How many more are needed for ratings.' }),
    moreVerdicts: t.exposeInt('moreVerdicts', {
      nullable: true,
      description:
        'How many more verdicts between the best model and the one that takes the fewest, of those it is not told apart from, are likely to decide which is better, if all goes on as so far; 0: the best is told; null: it cannot be said, or takes more than 10,000.',
    }),
    openPair: t.field({
      type: LeaderboardPair,
      nullable: true,
      description:
        'The pair that keeps the best from being told, the better rated first, of which `moreVerdicts` speaks; null: nothing does, or nothing is known yet.',
      resolve: (board) => ofPair(board, board.openPair),
    }),
    nextPair: t.field({
      type: LeaderboardPair,
      nullable: true,
      description:
        'The pair of which a verdict tells most, of models that you may ask now; null: nothing is open, or nothing is known yet.',
      resolve: async (board, _args, { db, catalogue, viewer }) =>
        viewer && ofPair(board, await pairToJudge({ db, catalogue }, viewer, board)),
    }),
    rows: t.field({
      type: [LeaderboardRow],
      complexity: { multiplier: USUAL_MODELS },
      description: 'The best first, those without a rating behind.',
      resolve: (board) => board.rows.map((part) => ({ board, part })),
    }),
    pairs: t.field({
      type: [LeaderboardPair],
      complexity: { multiplier: USUAL_PAIRS },
      resolve: (board) => board.pairs.map((part) => ({ board, part })),
    }),
    lengthOdds: t.float({
      nullable: true,
      description: 'By what factor the odds of an answer change that is twice as long as another one.',
      resolve: ({ lengthOdds }) => lengthOdds?.value ?? null,
    }),
    lengthOddsLow: t.float({ nullable: true, resolve: ({ lengthOdds }) => lengthOdds?.low ?? null }),
    lengthOddsHigh: t.float({ nullable: true, resolve: ({ lengthOdds }) => lengthOdds?.high ?? null }),
    courseBy: t.field({ type: LeaderboardStep, resolve: ({ course }) => course.by }),
    course: t.field({
      type: [LeaderboardCoursePoint],
      complexity: { multiplier: 26 },
      description: 'At most 26 points, the oldest first.',
      resolve: (board) => board.course.points.map((part) => ({ board, part })),
    }),
  }),
});

function ofPair(board: LeaderboardShape, pair: Pair | null): Of<BoardPair> | null {
  if (!pair) return null;
  const [one, other] = pair;
  const compared = board.pairs.find((pair) => pair.one === one && pair.other === other);
  return {
    board,
    part: compared ?? { one, other, oneWins: 0, otherWins: 0, ties: 0, chance: null, moreVerdicts: null },
  };
}

builder.queryField('leaderboard', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: Leaderboard,
    complexity: forMembers(BOARD_COST),
    description: 'The models as verdicts rate them. A team’s board is for its members and admins.',
    args: {
      from: t.arg({
        type: 'DateTime',
        description: 'When the verdicts were given. Whole days (UTC) that the period touches count.',
      }),
      to: t.arg({ type: 'DateTime', description: 'Exclusive.' }),
      topic: t.arg.string({ description: 'Whose verdicts have this topic.' }),
      teamId: t.arg.id({ description: 'The team that paid for the answers.' }),
      source: t.arg({ type: VerdictSource, defaultValue: 'MEMBERS' }),
      blindOnly: t.arg.boolean({
        defaultValue: true,
        description:
          'Whether the judge must not have known the models, and neither an answer nor its speed may have told. false: all verdicts count.',
      }),
    },
    resolve: (_root, { teamId, source, blindOnly, ...rest }, { leaderboards, viewer }) =>
      leaderboards.read(viewer, {
        ...rest,
        teamId: teamId == null ? null : localId('Team', teamId),
        source: source ?? 'MEMBERS',
        blindOnly: blindOnly ?? true,
      }),
  }),
);
