import { plural } from '../ui/figures.ts';

/** Says how long conversations are kept. */
export function Retention({ days }: { days: number }) {
  return (
    <section aria-labelledby="retention" className="flex flex-col gap-2">
      <h2 id="retention" className="text-lg font-semibold">
        Conversations
      </h2>
      <p className="text-sm text-muted-foreground">
        A conversation in which nothing was asked for {plural(days, 'day')} is deleted for good. What its answers cost
        stays in your usage.
      </p>
    </section>
  );
}
