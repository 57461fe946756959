import { shortcuts as texts } from 'texts:tools';
import { focusPrompt } from '../../ui/browser/prompt-focus.ts';
import { DialogContent, DialogTitle } from '../../ui/dialog.tsx';
import { keyNames } from './pressed.ts';
import { type Shortcut, type ShortcutName, shortcuts } from './shortcuts.ts';
import { useIsMac } from './use-shortcut.ts';

const groupNames: Record<Shortcut['group'], string> = {
  everywhere: texts.everywhere,
  prompt: texts.inPrompt,
  answer: texts.inAnswer,
  approval: texts.inApproval,
  verdict: texts.inVerdict,
};

/** All keys of the app, by where they are heard. */
export default function ShortcutListContent() {
  const isMac = useIsMac();
  const all = Object.keys(shortcuts) as ShortcutName[];
  const groups = [...new Set(all.map((name) => shortcuts[name].group))];
  return (
    <DialogContent
      aria-describedby={undefined}
      className="touch max-h-[calc(100dvh-32px)] w-[min(720px,calc(100vw-32px))] overflow-y-auto"
      onCloseAutoFocus={focusPrompt}
    >
      <DialogTitle>{texts.title}</DialogTitle>
      <div className="mt-4 gap-x-10 md:columns-2">
        {groups.map((group) => (
          <section key={group} className="mb-5 break-inside-avoid" aria-label={groupNames[group]}>
            <h3 className="pb-1 text-xs font-medium text-muted-foreground">{groupNames[group]}</h3>
            <dl className="flex flex-col text-sm">
              {all
                .filter((name) => shortcuts[name].group === group)
                .map((name) => (
                  <div key={name} className="flex min-h-9 items-center justify-between gap-4 border-t py-1">
                    <dt>{texts[name]}</dt>
                    <dd className="flex shrink-0 items-center gap-2">
                      {shortcuts[name].keys.map((one) => (
                        <span key={one} className="flex gap-1">
                          {keyNames(one, isMac).map((key) => (
                            <kbd
                              key={key}
                              className="rounded-sm border border-b-2 border-input bg-muted px-1.5 font-sans text-xs leading-5"
                            >
                              {key}
                            </kbd>
                          ))}
                        </span>
                      ))}
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </DialogContent>
  );
}
