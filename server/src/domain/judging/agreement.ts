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

/**
 * Cohen's kappa of pairs of answers, with the large-sample interval of Fleiss, Cohen and Everitt (1969).
 *
 * @param answers what the one said, and the other
 */
export function agreementOf<Answer extends string>(answers: readonly (readonly [Answer, Answer])[]): Agreement {
  const count = answers.length;
  if (count === 0) return { count, agreed: 0, kappa: null, low: null, high: null };
  const categories = [...new Set(answers.flat())];
  const share = (one: Answer | null, other: Answer | null) =>
    answers.filter(([a, b]) => (one === null || a === one) && (other === null || b === other)).length / count;
  const rows = new Map(categories.map((category) => [category, share(category, null)]));
  const columns = new Map(categories.map((category) => [category, share(null, category)]));
  const row = (category: Answer) => rows.get(category) ?? 0;
  const column = (category: Answer) => columns.get(category) ?? 0;
  const agreed = categories.reduce((sum, category) => sum + share(category, category), 0);
  const byChance = categories.reduce((sum, category) => sum + row(category) * column(category), 0);
  if (byChance >= 1) return { count, agreed, kappa: null, low: null, high: null };
  const kappa = (agreed - byChance) / (1 - byChance);
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
  const half = 1.959964 * Math.sqrt(Math.max(0, variance));
  const isBounded = count > 1;
  return {
    count,
    agreed,
    kappa,
    low: isBounded ? Math.max(-1, kappa - half) : null,
    high: isBounded ? Math.min(1, kappa + half) : null,
  };
}
