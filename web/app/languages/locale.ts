import { type Language, type Locale, languageOf, locales } from './locales.ts';

/**
 * The locale of this page. A page keeps it until it is loaded anew, and the server has an instance of the pages for each
 * (docs/decisions/0050-an-instance-of-the-pages-for-each-language.md), so that all code can read it.
 */
export const locale: Locale = readLocale();

export const language: Language = languageOf(locale);

export const direction: 'ltr' | 'rtl' = language === 'ar' ? 'rtl' : 'ltr';

/** The locale as `Intl` takes it. Figures are in the digits that prices and code are in. */
export const figuresLocale = language === 'ar' ? 'ar-u-nu-latn' : locale;

function readLocale(): Locale {
  const named =
    typeof document === 'undefined'
      ? (new URL(import.meta.url).searchParams.get('locale') ?? process.env.PAGES_LOCALE)
      : document.documentElement.lang;
  return locales.find((locale) => locale === named) ?? 'en-US';
}
