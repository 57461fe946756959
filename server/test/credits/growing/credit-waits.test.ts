import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Attempted, CreditWaits, type Waiter } from '../../../src/domain/money/credit-waits.ts';

const none = { creditAccountId: null, apiKeyId: null, userId: null };
const ofAccount = { ...none, creditAccountId: 'account' };
const ofKey = { ...none, apiKeyId: 'key' };

/** An account of which a key may spend a part, without a database: those who wait take from it. */
class Purse {
  readonly served: string[] = [];
  readonly waits: CreditWaits;
  account = 0;
  key = 0;
  isOver = false;
  #wakes = new Set<() => void>();

  constructor() {
    this.waits = new CreditWaits({
      subscribe: (_topic, note) => {
        const wake = () => note(false);
        this.#wakes.add(wake);
        return () => this.#wakes.delete(wake);
      },
    });
  }

  /** Gives back, and lets everybody take what they may. */
  async give({ account = 0, key = 0 }): Promise<void> {
    this.account += account;
    this.key += key;
    for (const wake of [...this.#wakes]) wake();
    await settled();
  }

  take(name: string, { who, credits, byKey }: { who: Waiter; credits: number; byKey: boolean }) {
    const attempt = async (): Promise<Attempted<true>> => {
      if (byKey && this.key < credits) return { waitsFor: ofKey };
      if (this.account < credits) return { waitsFor: ofAccount };
      this.account -= credits;
      if (byKey) this.key -= credits;
      this.served.push(name);
      return { result: true };
    };
    return this.waits.wait({
      who,
      accountId: 'account',
      waitsFor: byKey && this.key < credits ? ofKey : ofAccount,
      attempt,
      isOver: () => this.isOver,
    });
  }
}

/** Until nothing more follows from what was done. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

it('serves those who lack the same in their order, answers before prompts', async () => {
  const purse = new Purse();
  void purse.take('large prompt', { who: 'prompt', credits: 50, byKey: false });
  void purse.take('small prompt', { who: 'prompt', credits: 1, byKey: false });
  void purse.take('answer', { who: 'answer', credits: 20, byKey: false });
  await purse.give({ account: 10 });
  expect(purse.served).toEqual([]);
  expect(purse.waits.promptsWaitingFor(ofAccount)).toBe(2);
  await purse.give({ account: 30 });
  expect(purse.served).toEqual(['answer']);
  await purse.give({ account: 31 });
  expect(purse.served).toEqual(['answer', 'large prompt', 'small prompt']);
  expect(purse.waits.promptsWaitingFor(ofAccount)).toBe(null);
});

it('holds nobody up who does not lack the limit of the key, and keeps the place of who lacked it', async () => {
  const purse = new Purse();
  void purse.take('by key', { who: 'prompt', credits: 10, byKey: true });
  void purse.take('second', { who: 'prompt', credits: 10, byKey: false });
  void purse.take('third', { who: 'prompt', credits: 10, byKey: false });
  await purse.give({ account: 10 });
  expect(purse.served).toEqual(['second']);
  await purse.give({ account: 5, key: 10 });
  expect(purse.served).toEqual(['second']);
  await purse.give({ account: 5 });
  expect(purse.served).toEqual(['second', 'by key']);
});

it('lets everybody go once it is over, after one more attempt', async () => {
  const purse = new Purse();
  const all = Array.from({ length: 5 }, (_, index) =>
    purse.take(`${index}`, { who: 'prompt', credits: 10, byKey: index === 1 }),
  );
  purse.isOver = true;
  await purse.give({ account: 10 });
  expect((await Promise.all(all)).filter(Boolean)).toHaveLength(1);
  expect(purse.waits.promptsWaitingFor(ofAccount)).toBe(null);
  expect(purse.waits.promptsWaitingFor(ofKey)).toBe(null);
});

const waiter = fc.record({
  who: fc.constantFrom<Waiter>('answer', 'prompt'),
  credits: fc.integer({ min: 1, max: 20 }),
  byKey: fc.boolean(),
});
const gift = fc.record({ account: fc.nat(15), key: fc.nat(15) });

it('serves everybody in the end, and those who lack the same one after the other, whatever comes and is given back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(waiter, gift), { maxLength: 30 }), async (happenings) => {
      const purse = new Purse();
      const came: Record<Waiter, string[]> = { answer: [], prompt: [] };
      let count = 0;
      for (const happening of happenings) {
        if ('who' in happening) {
          count += 1;
          if (!happening.byKey) came[happening.who].push(`${count}`);
          void purse.take(`${count}`, happening);
          await settled();
        } else await purse.give(happening);
      }
      await purse.give({ account: 20 * count, key: 20 * count });
      expect(purse.served).toHaveLength(count);
      for (const names of Object.values(came)) {
        expect(purse.served.filter((name) => names.includes(name))).toEqual(names);
      }
      expect(purse.waits.promptsWaitingFor(ofAccount) ?? purse.waits.promptsWaitingFor(ofKey)).toBe(null);
    }),
    { numRuns: 100 },
  );
});
