import { providerWay as texts } from 'texts:account';
import { Link } from '@remix-run/react';
import { Button } from '../ui/button.tsx';

/** Leads an admin from the settings to the page on which providers are connected. */
export function ProviderWay({ mocksOnly }: { mocksOnly: boolean }) {
  return (
    <section aria-labelledby="models" className="flex flex-col items-start gap-3">
      <div>
        <h2 id="models" className="text-lg font-semibold">
          {texts.models}
        </h2>
        <p className="text-sm text-muted-foreground">{mocksOnly ? texts.onlyMocks : texts.forEverybody}</p>
      </div>
      <Button asChild size="small" variant={mocksOnly ? 'primary' : 'outline'}>
        <Link to="/admin/providers">{texts.connect}</Link>
      </Button>
    </section>
  );
}
