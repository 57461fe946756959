/** What was to be calculated has no value here; the message says why, in words for whoever wrote it. */
export class CalculationError extends Error {
  override readonly name = 'CalculationError';
}
