/** The parts of a monthly budget at which its owner is told, in percent. */
export const budgetParts = [50, 80, 100] as const;

export type BudgetPart = (typeof budgetParts)[number];

/**
 * The parts of the budget that spending crossed; none if there is no budget.
 *
 * @param before credits spent this month before
 * @param spent credits spent this month now
 */
export function crossedParts(before: number, spent: number, budget: number): BudgetPart[] {
  if (budget <= 0) return [];
  return budgetParts.filter((percent) => before * 100 < percent * budget && spent * 100 >= percent * budget);
}
