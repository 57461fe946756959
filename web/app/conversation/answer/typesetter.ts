import 'katex/dist/katex.min.css';
import katex from 'katex';

/** KaTeX's names for LaTeX's environments, always without numbers, which would count the formulas of the page. */
const environments: Record<string, string> = {
  align: 'align*',
  alignat: 'alignat*',
  equation: 'equation*',
  gather: 'gather*',
  multline: 'gather*',
  flalign: 'align*',
  displaymath: 'equation*',
  math: 'equation*',
};

/**
 * A formula's markup; null if the formula is not well formed. The markup has its styles in `data-style`: the page's
 * Content-Security-Policy refuses style attributes, but lets a script set styles.
 */
export function typeset(source: string, apart: boolean): string | null {
  try {
    // KaTeX writes quotes inside text and attributes as entities, so this matches attributes only.
    return katex
      .renderToString(readable(source), { displayMode: apart, strict: 'ignore', maxSize: 20, maxExpand: 300 })
      .replaceAll(' style="', ' data-style="');
  } catch {
    return null;
  }
}

/** Makes LaTeX readable for KaTeX: drops packages and labels, which are for whole documents, and renames environments. */
function readable(source: string): string {
  return source
    .replaceAll(/\\(?:require|label|usepackage)\s*\{[^{}]*\}/g, '')
    .replaceAll(/\\(begin|end)\{([a-z]+)\*?\}/g, (whole, border: string, name: string) => {
      const known = environments[name];
      return known ? `\\${border}{${known}}` : whole;
    })
    .replaceAll(/\\begin\{eqnarray\*?\}/g, '\\begin{array}{rcl}')
    .replaceAll(/\\end\{eqnarray\*?\}/g, '\\end{array}');
}

/** Commands for chemistry, for which KaTeX has a part of its own. */
const chemistry = /\\(?:ce|pu)\s*\{/;
let chemistryLoaded = false;
let chemistryLoading: Promise<void> | undefined;

/** Whether a formula has to wait until KaTeX's part for chemistry is loaded. */
export function needsChemistry(source: string): boolean {
  return !chemistryLoaded && chemistry.test(source);
}

export function loadChemistry(): Promise<void> {
  // @ts-expect-error The package has no types for this part, which has no exports.
  chemistryLoading ??= import('katex/contrib/mhchem').then(
    () => {
      chemistryLoaded = true;
    },
    (error: unknown) => {
      chemistryLoading = undefined;
      throw error;
    },
  );
  return chemistryLoading;
}
