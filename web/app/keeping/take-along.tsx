import { takeAlong as texts } from 'texts:account';
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
            {texts.export}
          </h2>
          <p className="max-w-[70ch] text-sm text-muted-foreground">{texts.aboutExport}</p>
        </div>
        <div className="flex flex-wrap gap-3">
          <Button asChild variant="primary" size="large">
            <a href={zip} download>
              <Download /> {texts.everythingZip}
            </a>
          </Button>
          <Button asChild size="large">
            <a href={json} download>
              <Download /> {texts.withoutFiles}
            </a>
          </Button>
        </div>
      </section>
      <ImportPanel />
    </div>
  );
}
