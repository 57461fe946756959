import { appearance as texts } from 'texts:account';
import { Monitor, Moon, Sun } from 'lucide-react';
import { useState } from 'react';
import { chooseTheme, type Theme, themes } from '../../ui/browser/theme.ts';
import { classes } from '../../ui/classes.ts';

const looks: Record<Theme, { label: string; Icon: typeof Sun }> = {
  system: { label: texts.system, Icon: Monitor },
  light: { label: texts.light, Icon: Sun },
  dark: { label: texts.dark, Icon: Moon },
};

export function ThemeChoice({ initial }: { initial: Theme }) {
  const [chosen, setChosen] = useState(initial);
  return (
    <fieldset className="flex flex-col gap-4">
      <legend className="contents text-lg font-semibold">{texts.theme}</legend>
      <div className="grid grid-cols-3 gap-2">
        {themes.map((theme) => {
          const { label, Icon } = looks[theme];
          return (
            <label
              key={theme}
              className={classes(
                'flex cursor-pointer items-center gap-2 rounded-md border px-3 py-2 text-sm has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-ring',
                chosen === theme ? 'border-primary bg-primary-soft' : 'border-input bg-card hover:bg-hover',
              )}
            >
              <input
                type="radio"
                name="theme"
                className="sr-only"
                checked={chosen === theme}
                onChange={() => {
                  setChosen(theme);
                  chooseTheme(theme);
                }}
              />
              <Icon className="size-4 text-muted-foreground" aria-hidden="true" />
              {label}
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}
