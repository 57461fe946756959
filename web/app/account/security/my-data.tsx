import { security as texts } from 'texts:account';
import { useHref } from '@remix-run/react';
import { Download } from 'lucide-react';
import { Button } from '../../ui/button.tsx';

/** Downloads everything that is stored of the member. */
export function MyData() {
  return (
    <section aria-labelledby="my-data" className="flex flex-col gap-4">
      <div>
        <h2 id="my-data" className="text-lg font-semibold">
          {texts.yourData}
        </h2>
        <p className="text-sm text-muted-foreground">{texts.aboutData}</p>
      </div>
      <Button asChild size="large" className="self-start">
        <a href={useHref('/export/my-data.json')} download>
          <Download /> {texts.downloadData}
        </a>
      </Button>
    </section>
  );
}
