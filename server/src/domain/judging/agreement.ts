/** How often two judges of the same things agree. */
export interface Agreement {
  /** Things that both have judged. */
  count: number;
  /** The share on which they agree. */
  agreed: number;
  /** Cohen's kappa: 1 is full agreement, 0 what chance would give. Null: not defined, as each has but one answer. */
  kappa: number | null;
  /** The 95 % interval; null as well if there is but one thing. */
  low: number | null;
  high: number | null;
}

type Answers<Answer> = readonly (readonly [Answer, Answer])[];

/** The quantile of the normal distribution for an interval of 95 %. */
const NORMAL = 1.959964;

/**
 * Cohen's kappa of pairs of answers. Its interval is the wider of two at each end: that for large samples, and Wilson's of
 * the agreement, with what chance would give as it was found. The first alone is far too narrow for few things, or where
 * judges nearly always agree: it has no width at all if they always do.
 *
 * @param answers what the one said, and the other
 */
export function agreementOf<Answer extends string>(answers: Answers<Answer>): Agreement {
  const count = answers.length;
  if (count === 0) return { count, agreed: 0, kappa: null, low: null, high: null };
  const { agreed, byChance, deviation } = sharesOf(answers);
  if (byChance >= 1) return { count, agreed, kappa: null, low: null, high: null };
  const kappaOf = (agreement: number) => (agreement - byChance) / (1 - byChance);
  const kappa = kappaOf(agreed);
  if (count === 1) return { count, agreed, kappa, low: null, high: null };
  const [least, most] = wilson(agreed, count);
  return {
    count,
    agreed,
    kappa,
    low: Math.max(-1, Math.min(kappa - NORMAL * deviation, kappaOf(least))),
    high: Math.min(1, Math.max(kappa + NORMAL * deviation, kappaOf(most))),
  };
}

/**
 * The share on which they agree, that on which they would by chance, and kappa's standard deviation in large samples (Fleiss,
 * Cohen and Everitt 1969).
 */
export function sharesOf<Answer extends string>(answers: Answers<Answer>) {
  const count = answers.length;
  const categories = [...new Set(answers.flat())];
  const share = (one: Answer | null, other: Answer | null) =>
    answers.filter(([a, b]) => (one === null || a === one) && (other === null || b === other)).length / count;
  const rows = new Map(categories.map((category) => [category, share(category, null)]));
  const columns = new Map(categories.map((category) => [category, share(null, category)]));
  const row = (category: Answer) => rows.get(category) ?? 0;
  const column = (category: Answer) => columns.get(category) ?? 0;
  const agreed = categories.reduce((sum, category) => sum + share(category, category), 0);
  const byChance = categories.reduce((sum, category) => sum + row(category) * column(category), 0);
  const diagonal = categories.reduce(
    (sum, one) => sum + share(one, one) * (1 - byChance - (row(one) + column(one)) * (1 - agreed)) ** 2,
    0,
  );
  const beside = categories.reduce(
    (sum, one) =>
      sum +
      categories
        .filter((other) => other !== one)
        .reduce((inner, other) => inner + share(one, other) * (column(one) + row(other)) ** 2, 0),
    0,
  );
  const variance =
    (diagonal + (1 - agreed) ** 2 * beside - (agreed * byChance - 2 * byChance + agreed) ** 2) /
    (count * (1 - byChance) ** 4);
  return { agreed, byChance, deviation: Math.sqrt(Math.max(0, variance)) };
}

/** Wilson's 95 % interval of a share of `count` things. */
function wilson(share: number, count: number): [number, number] {
  const square = NORMAL ** 2;
  const middle = share + square / (2 * count);
  const reach = NORMAL * Math.sqrt((share * (1 - share)) / count + square / (4 * count ** 2));
  return [(middle - reach) / (1 + square / count), (middle + reach) / (1 + square / count)];
}
