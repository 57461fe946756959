import { withNestedFences } from './fences.ts';
import { withFolds } from './folds.ts';
import { withFormulas } from './formulas.ts';

/**
 * An answer's text as the Markdown parser is to read it.
 *
 * @param writing whether more of it may come
 */
export function prepared(text: string, writing: boolean): string {
  return withFormulas(withFolds(withNestedFences(text, writing)), writing);
}
