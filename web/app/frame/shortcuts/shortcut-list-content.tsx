import { focusPrompt } from '../../ui/browser/prompt-focus.ts';
import { DialogContent, DialogTitle } from '../../ui/dialog.tsx';
import { keyNames } from './pressed.ts';
import { type Shortcut, shortcuts } from './shortcuts.ts';
import { useIsMac } from './use-shortcut.ts';

/** All keys of the app, by where they are heard. */
export default function ShortcutListContent() {
  const isMac = useIsMac();
  const all: Shortcut[] = Object.values(shortcuts);
  const groups = [...new Set(all.map(({ group }) => group))];
  return (
    <DialogContent
      aria-describedby={undefined}
      className="max-h-[calc(100dvh-32px)] w-[min(720px,calc(100vw-32px))] overflow-y-auto"
      onCloseAutoFocus={focusPrompt}
    >
      <DialogTitle>Keyboard shortcuts</DialogTitle>
      <div className="mt-4 gap-x-10 md:columns-2">
        {groups.map((group) => (
          <section key={group} className="mb-5 break-inside-avoid" aria-label={group}>
            <h3 className="pb-1 text-xs font-medium text-muted-foreground">{group}</h3>
            <dl className="flex flex-col text-sm">
              {all
                .filter((shortcut) => shortcut.group === group)
                .map(({ does, keys }) => (
                  <div key={does} className="flex min-h-9 items-center justify-between gap-4 border-t py-1">
                    <dt>{does}</dt>
                    <dd className="flex shrink-0 items-center gap-2">
                      {keys.map((one) => (
                        <span key={one} className="flex gap-1">
                          {keyNames(one, isMac).map((name) => (
                            <kbd
                              key={name}
                              className="rounded-sm border border-b-2 border-input bg-muted px-1.5 font-sans text-xs leading-5"
                            >
                              {name}
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
