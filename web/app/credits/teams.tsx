import { creditAccount as texts } from 'texts:account';
import { Link } from '@remix-run/react';
import { UsersRound } from 'lucide-react';
import { usePayers } from '../frame/payers.tsx';
import { toAddressId } from '../graphql/address-id.ts';

/** The teams that may pay for the member's prompts, with what is left of each. Nothing is shown to members without one. */
export function Teams() {
  const { teams } = usePayers();
  if (teams.length === 0) return null;
  return (
    <section aria-labelledby="your-teams" className="flex flex-col gap-4">
      <h2 id="your-teams" className="text-lg font-semibold">
        {texts.yourTeams}
      </h2>
      <ul className="grid grid-cols-3 gap-4 max-lg:grid-cols-2 max-md:grid-cols-1">
        {teams.map(({ id, name, archived, viewerOwns, credits }) => (
          <li key={id}>
            <Link
              to={`/teams/${toAddressId(id)}`}
              className="flex h-full flex-col gap-1 rounded-lg border bg-card px-4 py-3 hover:bg-hover"
            >
              <span className="flex min-w-0 items-center gap-2">
                <UsersRound className="size-4 shrink-0 text-muted-foreground" aria-hidden="true" />
                <bdi className="truncate font-medium">{name}</bdi>
                {viewerOwns ? <span className="text-sm text-muted-foreground">{texts.youOwn}</span> : null}
              </span>
              <span className="figures text-sm text-muted-foreground">
                {archived ? texts.archived : texts.leftForYou({ credits: credits.available })}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
