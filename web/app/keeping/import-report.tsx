import { takeAlong as texts } from 'texts:account';
import { useHref } from '@remix-run/react';
import { sentence } from '../languages/sentence.tsx';
import { Button } from '../ui/button.tsx';
import type { ImportReport } from './import-file.ts';

const makers = {
  polylogue: 'Polylogue',
  chatgpt: 'ChatGPT',
  claude: 'Claude',
  librechat: 'LibreChat',
  // not read by people: a program's name
  'open-webui': 'Open WebUI',
};

/** What an import took, and what it could not take. */
export function ReportOfImport({ name, report }: { name: string; report: ImportReport }) {
  const { form, taken, turns, files, alreadyThere, notTaken, notTakenMore, ended } = report;
  const list = useHref('/');
  const facts = describeTaken({ taken, turns, files });
  return (
    <div className="flex flex-col gap-3 rounded-lg border bg-card p-4">
      <p className="font-medium">
        {form === null ? <bdi>{name}</bdi> : sentence(texts.from, { name: <bdi>{name}</bdi>, maker: makers[form] })}
      </p>
      <p className="figures text-sm">
        {alreadyThere > 0 ? texts.factsAndThere({ facts, already: alreadyThere }) : texts.facts({ facts })}
      </p>
      {ended === null ? null : (
        <p className="text-sm text-destructive">
          <bdi>{ended}</bdi>
        </p>
      )}
      {notTaken.length > 0 ? <NotTaken notes={notTaken} more={notTakenMore} /> : null}
      {taken > 0 ? (
        <Button asChild className="self-start">
          <a href={list}>{texts.show}</a>
        </Button>
      ) : null}
    </div>
  );
}

function NotTaken({ notes, more }: { notes: ImportReport['notTaken']; more: number }) {
  return (
    <div className="flex flex-col gap-2">
      <h3 className="text-sm font-medium">{texts.notTaken}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by the keyboard */}
      <section tabIndex={0} aria-label={texts.notTaken} className="max-h-72 overflow-y-auto rounded-md border">
        <ul className="text-sm">
          {notes.map(({ where, why }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes
            <li key={index} className="flex flex-col border-b px-3 py-2 last:border-b-0">
              <span className="break-words">
                <bdi>{why}</bdi>
              </span>
              {where === '' ? null : (
                <code className="text-xs break-all text-muted-foreground">
                  <bdi>{where}</bdi>
                </code>
              )}
            </li>
          ))}
        </ul>
      </section>
      {more > 0 ? <p className="figures text-sm text-muted-foreground">{texts.andMore({ more })}</p> : null}
    </div>
  );
}

function describeTaken({ taken, turns, files }: Pick<ImportReport, 'taken' | 'turns' | 'files'>): string {
  if (taken === 0) return texts.noneTaken;
  return files > 0 ? texts.takenWithFiles({ taken, turns, files }) : texts.taken({ taken, turns });
}
