import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noFiles } from '../../src/domain/asking/lanes.ts';
import { type Bounds, type PlanRequest, plan, type Seen } from '../../src/domain/asking/plan.ts';
import { Room } from '../../src/domain/asking/room.ts';
import type { Model } from '../../src/domain/catalogue/catalogue.ts';
import { tierOf } from '../../src/domain/catalogue/catalogue.ts';
import { DomainError, RateLimitError } from '../../src/domain/ground/errors.ts';
import { labCatalogue } from '../credits/catalogue.ts';

const catalogue = labCatalogue(
  { plain: { contextWindow: 3000 }, better: { minimumTier: 'PRO' } },
  { FREE: { modelsPerPrompt: 2 } },
);
const tier = tierOf(catalogue, { tier: 'FREE' });
const [plain, better] = ['lab/plain', 'lab/better'].map((id) => catalogue.models.get(id) as Model) as [Model, Model];

const plenty = { available: 1_000_000, balance: 1_000_000, key: null, member: null, house: Number.POSITIVE_INFINITY };
const open: Bounds = { blockingAgeMs: null, running: 0, runningMax: 2, obstacle: null, rests: plenty };

function planned({ models, prompt, bounds }: { models: Model[]; prompt: string; bounds: Partial<Bounds> | null }) {
  const request: PlanRequest = { models, firstLane: 0, prompt, files: noFiles, parameters: {} };
  const access = {
    catalogue,
    member: { tier: 'FREE' },
    disabledModelIds: new Set<string>(),
    availableCredits: null,
  } as const;
  const seen: Seen = {
    tier,
    access,
    system: null,
    history: { turns: [], answers: [] },
    bounds: bounds && { ...open, ...bounds },
  };
  return plan(request, seen);
}

function refusalOf(asked: Parameters<typeof planned>[0]): string | null {
  try {
    planned(asked);
    return null;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return error.message;
  }
}

describe('a plan', () => {
  it('reports the first of several obstacles, in a fixed order', () => {
    const asked = {
      models: [better, plain, plain],
      prompt: 'word '.repeat(5000),
      bounds: {
        blockingAgeMs: 1000,
        running: 2,
        obstacle: new RateLimitError(5, 'The server is full.'),
        rests: { ...plenty, available: 10 },
      } as Partial<Bounds>,
    };
    const refusals: (string | null)[] = [];
    const mend = (change: () => void) => {
      refusals.push(refusalOf(asked));
      change();
    };
    mend(() => (asked.models = [plain, plain, plain]));
    mend(() => (asked.models = [plain, plain]));
    mend(() => (asked.bounds.blockingAgeMs = null));
    mend(() => (asked.bounds.running = 0));
    mend(() => (asked.bounds.obstacle = null));
    mend(() => (asked.prompt = 'A word'));
    mend(() => (asked.bounds.rests = plenty));
    refusals.push(refusalOf(asked));
    expect(refusals).toEqual([
      expect.stringContaining('is part of the'),
      expect.stringContaining('this prompt asks 3'),
      expect.stringContaining('prompts a minute'),
      expect.stringContaining('At most 2 answers'),
      'The server is full.',
      expect.stringContaining('has room for'),
      expect.stringContaining('credits'),
      null,
    ]);
  });

  it('has the sum of its lanes’ maxima as maximum, and the same when it is only quoted', () => {
    const asked = { models: [plain, plain], prompt: 'A word' };
    const { lanes, maximum, held } = planned({ ...asked, bounds: {} });
    expect(lanes.map(({ lane }) => lane)).toEqual([0, 1]);
    expect(maximum).toBe(lanes.reduce((sum, lane) => sum + lane.maximum, 0));
    expect(planned({ ...asked, bounds: null })).toEqual({ lanes, maximum, held });
  });

  it('can be quoted for a model above the member’s tier, but not for too many models', () => {
    expect(refusalOf({ models: [better], prompt: 'A word', bounds: null })).toBe(null);
    expect(refusalOf({ models: [better, plain, plain], prompt: 'A word', bounds: null })).toContain('asks 3');
  });
});

describe('the holds of a plan whose tier lets them grow', () => {
  const growing = { ...tier, growingHolds: true };
  const member = { tier: 'FREE' } as const;
  const access = { catalogue, member, disabledModelIds: new Set<string>(), availableCredits: null, team: null };
  const planWith = (models: Model[], available: number) =>
    plan(
      { models, firstLane: 0, prompt: 'A word', files: noFiles, parameters: {} },
      {
        tier: growing,
        access,
        system: null,
        history: { turns: [], answers: [] },
        bounds: { ...open, rests: { ...plenty, available, balance: available } },
      },
    );

  it('together take no more than is available, and cover the first words of each lane', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 }), fc.nat(20_000), (count, available) => {
        const models = Array.from({ length: count }, () => plain);
        let planned: ReturnType<typeof plan>;
        try {
          planned = planWith(models, available);
        } catch (error) {
          if (!(error instanceof DomainError)) throw error;
          // What it is likely to cost is not there.
          expect(available).toBeLessThan(count * 2_100);
          return;
        }
        expect(planned.held).toBeLessThanOrEqual(available);
        for (const { held, maximum } of planned.lanes) {
          expect(held).toBeGreaterThanOrEqual(16 * 4);
          expect(held).toBeLessThanOrEqual(maximum);
        }
        // A model may think unseen, so all of them together are asked for no more than can be paid.
        const asked = planned.lanes.reduce((sum, { candidates }) => sum + (candidates[0]?.maxOutputTokens ?? 0), 0);
        expect(asked * 4).toBeLessThanOrEqual(available);
      }),
    );
  });
});

describe('the room of a process', () => {
  it('shrinks with running and reserved answers, and grows again when they are released', () => {
    const live = { size: 1 };
    const room = new Room({ live, generation: { draining: false }, perProcess: 3 });
    room.reserve(2);
    expect(room.obstacle).toBeInstanceOf(RateLimitError);
    expect(() => room.reserve(1)).toThrow('busy with other answers');
    live.size = 3;
    room.release(2);
    expect(room.obstacle).toBeInstanceOf(RateLimitError);
    live.size = 2;
    room.reserve(1);
    expect(room.obstacle).toBeInstanceOf(RateLimitError);
  });

  it('is closed while the server restarts', () => {
    const room = new Room({ live: { size: 0 }, generation: { draining: true }, perProcess: 3 });
    expect(room.obstacle?.message).toContain('restarting');
  });
});
