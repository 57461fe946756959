import { withNestedFences } from './fences.ts';
import { withFolds } from './folds.ts';
import { withFormulas } from './formulas.ts';

/**
 * Prepares an answer's text for the Markdown parser.
 *
 * @param writing whether more text may come
 */
export function prepared(text: string, writing: boolean): string {
  return withFormulas(withFolds(withNestedFences(text, writing)), writing);
}
