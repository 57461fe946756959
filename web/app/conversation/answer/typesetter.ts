import 'katex/dist/katex.min.css';
import katex from 'katex';

/** LaTeX's environments by the names that KaTeX has for them; without numbers, which would count the page's formulas. */
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
 * A formula's markup; null where it is not well formed. Its styles stand in `data-style`: the page's policy lets a script
 * set them, and refuses a style attribute.
 */
export function typeset(source: string, apart: boolean): string | null {
  try {
    // Quotes inside a text or an attribute are written as entities: this matches attributes only.
    return katex
      .renderToString(readable(source), { displayMode: apart, strict: 'ignore', maxSize: 20, maxExpand: 300 })
      .replaceAll(' style="', ' data-style="');
  } catch {
    return null;
  }
}

/** Without what is for whole documents: packages to load, and names to refer to. */
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

/** Chemistry, for which KaTeX has a part of its own. */
const chemistry = /\\(?:ce|pu)\s*\{/;
let chemistryLoaded = false;
let chemistryLoading: Promise<void> | undefined;

/** Whether a formula has to wait for a part of KaTeX that few need. */
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
