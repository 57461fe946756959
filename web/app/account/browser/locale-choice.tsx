import { appearance as texts } from 'texts:account';
import { useId } from 'react';
import { chooseLocale } from '../../languages/choose-locale.ts';
import { locale } from '../../languages/locale.ts';
import { type Locale, localeNames, locales } from '../../languages/locales.ts';
import { Select } from '../../ui/select.tsx';

/** The languages of the pages, each by its own name. */
export function LocaleChoice() {
  const id = useId();
  return (
    <div className="flex flex-col items-start gap-4">
      <label htmlFor={id} className="text-lg font-semibold">
        {texts.language}
      </label>
      <Select id={id} value={locale} onChange={(event) => chooseLocale(event.target.value as Locale)}>
        {locales.map((locale) => (
          <option key={locale} value={locale} lang={locale}>
            {localeNames[locale]}
          </option>
        ))}
      </Select>
    </div>
  );
}
