import type { Tool } from '../../../ports/tool.ts';
import { errorResult, textResult } from '../result.ts';

/** Calculates by itself, exactly where that can be. */
export function createCalculator(): Tool {
  return {
    id: 'calculator',
    definition: {
      name: 'calculator',
      description:
        'Calculates an arithmetic expression: exactly with whole numbers, decimals and fractions of any length up to 2,000 digits, else to 25 digits (the result then begins with ≈). ' +
        'Operators: + - * / ^ (power) % or mod (remainder, with the sign of the divisor) ! (factorial); 15% is 0.15. ' +
        'Functions: abs sign sqrt cbrt root(x, n) pow exp ln log(x, base; 10 by default) log2 log10 sin cos tan asin acos atan atan2 sinh cosh tanh (radians; rad(x) converts from degrees, deg(x) to them) floor ceil trunc round(x, places) mod gcd lcm fact ncr npr min max sum mean. ' +
        'Constants: pi e tau. Write every multiplication as *, and no separators in numbers.',
      parameters: {
        type: 'object',
        properties: {
          expression: { type: 'string', description: 'Such as (1 + 0.07)^30 * 12500' },
        },
        required: ['expression'],
        additionalProperties: false,
      },
    },
    isReadOnly: true,
    async call({ arguments: { expression }, signal }) {
      if (typeof expression !== 'string') return errorResult('The expression must be a text.');
      const [{ calculate }, { CalculationError }] = await Promise.all([
        import('./calculate.ts'),
        import('./calculation-error.ts'),
      ]);
      signal.throwIfAborted();
      try {
        return textResult(calculate(expression));
      } catch (error) {
        if (error instanceof CalculationError) return errorResult(error.message);
        throw error;
      }
    },
  };
}
