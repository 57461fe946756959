import { Link } from '@remix-run/react';
import { Button } from '../ui/button.tsx';

/** Leads an admin from the settings to the page on which providers are connected. */
export function ProviderWay({ mocksOnly }: { mocksOnly: boolean }) {
  return (
    <section aria-labelledby="models" className="flex flex-col items-start gap-3">
      <div>
        <h2 id="models" className="text-lg font-semibold">
          Models
        </h2>
        <p className="text-sm text-muted-foreground">
          {mocksOnly
            ? 'Only mock models answer here so far. With a provider’s key, or a model server of your own, real ones do.'
            : 'You connect providers for everybody here: their keys, model servers of your own, and the models that answer.'}
        </p>
      </div>
      <Button asChild size="small" variant={mocksOnly ? 'primary' : 'outline'}>
        <Link to="/admin/providers">Connect a provider</Link>
      </Button>
    </section>
  );
}
