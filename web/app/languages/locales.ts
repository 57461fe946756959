/** The languages that pages are in, each with the locales that it is offered for; its first locale is the usual one. */
export const languages = {
  en: ['en-US', 'en-GB'],
  de: ['de'],
  fr: ['fr'],
  es: ['es'],
  ja: ['ja'],
  ar: ['ar'],
} as const;

export type Language = keyof typeof languages;
export type Locale = (typeof languages)[Language][number];

/** The locales by their own names, which are the same in all languages. */
export const localeNames: Readonly<Record<Locale, string>> = {
  'en-US': 'English (US)',
  'en-GB': 'English (UK)',
  de: 'Deutsch',
  fr: 'Français',
  es: 'Español',
  ja: '日本語',
  ar: 'العربية',
};

export const locales = Object.keys(localeNames) as Locale[];

/** The cookie that keeps a member's choice in their browser. */
export const localeCookie = 'locale';

/**
 * The locale of a page: the one that was chosen in the browser, else the first of those that the browser accepts.
 *
 * @param cookies the Cookie header
 * @param accepted the Accept-Language header
 */
export function localeOf(cookies: string | undefined, accepted: string | undefined): Locale {
  const chosen = cookies?.match(/(?:^|;\s*)locale=([\w-]{2,10})(?:;|$)/)?.[1];
  return locales.find((locale) => locale === chosen) ?? firstAccepted(accepted ?? '') ?? 'en-US';
}

export function languageOf(locale: Locale): Language {
  return locale.slice(0, 2) as Language;
}

function firstAccepted(header: string): Locale | null {
  const ranges = header
    .slice(0, 500)
    .split(',')
    .map((range) => {
      const [tag = '', quality] = range.trim().split(/\s*;\s*q=/);
      return { tag: tag.toLowerCase(), quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((one, other) => other.quality - one.quality);
  for (const { tag } of ranges) {
    const offered: readonly Locale[] | undefined = languages[tag.split('-')[0] as Language];
    if (!offered) continue;
    // Whoever speaks another English than the American writes dates as the British do.
    const isBritish = tag.startsWith('en-') && tag !== 'en-us';
    return (isBritish ? offered[1] : offered[0]) ?? null;
  }
  return null;
}
