import { useHref } from '@remix-run/react';
import { Download } from 'lucide-react';
import { Button } from '../ui/button.tsx';
import { ImportPanel } from './import-panel.tsx';

/** Takes all conversations along, and brings those that a member had elsewhere. */
export function TakeAlong() {
  const zip = useHref('/export/conversations.zip');
  const json = useHref('/export/conversations.json');
  return (
    <div className="flex flex-col gap-12">
      <section aria-labelledby="export" className="flex flex-col gap-4">
        <div>
          <h2 id="export" className="text-lg font-semibold">
            Export
          </h2>
          <p className="max-w-[70ch] text-sm text-muted-foreground">
            All your conversations with their branches, lanes and verdicts, in a form that any Polylogue takes back
            whole. The zip has the files too. A single conversation is exported from its menu in the list, also as
            Markdown or HTML.
          </p>
        </div>
        <div className="flex flex-wrap gap-3">
          <Button asChild variant="primary" size="large">
            <a href={zip} download>
              <Download /> Everything as a zip
            </a>
          </Button>
          <Button asChild size="large">
            <a href={json} download>
              <Download /> Without files, as JSON
            </a>
          </Button>
        </div>
      </section>
      <ImportPanel />
    </div>
  );
}
