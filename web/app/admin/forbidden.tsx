import { pages as texts } from 'texts:admin';
import { Link } from '@remix-run/react';
import { Lock } from 'lucide-react';
import { Button } from '../ui/button.tsx';

/** Replaces an admin page for members who are not admins. */
export function Forbidden() {
  return (
    <main className="flex min-h-80 flex-1 flex-col items-center justify-center gap-4 p-6 text-center">
      <span className="grid size-12 place-items-center rounded-full bg-muted text-muted-foreground">
        <Lock className="size-5" aria-hidden="true" />
      </span>
      <h2 className="text-xl font-semibold">{texts.forbidden}</h2>
      <p className="max-w-96 text-balance text-muted-foreground">{texts.forbiddenWhy}</p>
      <div className="mt-2 flex flex-wrap justify-center gap-2">
        <Button asChild variant="primary">
          <Link reloadDocument to="/usage">
            {texts.yourUsage}
          </Link>
        </Button>
        <Button asChild>
          <Link reloadDocument to="/">
            {texts.backToChat}
          </Link>
        </Button>
      </div>
    </main>
  );
}
