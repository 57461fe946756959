import { pages as pageTexts, invitations as texts } from 'texts:admin';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { useClient } from 'urql';
import {
  CreateInvitationDocument,
  type InvitationFieldsFragment,
  type InvitationsQuery,
  type TierId,
} from '../graphql/generated/graphql.ts';
import { errorWords } from '../graphql/refusal.ts';
import { Button } from '../ui/button.tsx';
import { Input } from '../ui/input.tsx';
import { Select } from '../ui/select.tsx';

interface InvitationFormProps {
  tiers: InvitationsQuery['tiers'];
  teams: InvitationsQuery['teams'];
  onMade: (invitation: InvitationFieldsFragment) => void;
}

type Uses = 'once' | 'several' | 'any';

const dayMs = 24 * 60 * 60 * 1000;
const expiries = [
  { days: 1, label: texts.inADay },
  { days: 7, label: texts.inAWeek },
  { days: 30, label: texts.in30Days },
  { days: 0, label: texts.expiresNever },
];

/** Creates an invitation link, with its plan, its team, its number of uses and its expiry. */
export function InvitationForm({ tiers, teams, onMade }: InvitationFormProps) {
  const client = useClient();
  const [uses, setUses] = useState<Uses>('once');
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);

  async function create(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const days = Number(form.get('days'));
    const usesMax = { once: 1, several: Number(form.get('usesMax')), any: null }[uses];
    const input = {
      tier: form.get('tier') as TierId,
      teamId: (form.get('team') as string | null) || null,
      usesMax,
      expiresAt: days > 0 ? new Date(Date.now() + days * dayMs).toISOString() : null,
    };
    setBusy(true);
    const { data, error } = await client.mutation(CreateInvitationDocument, { input }).toPromise();
    setBusy(false);
    setRefusal(data ? null : (errorWords(error) ?? pageTexts.unreachable));
    if (data) onMade(data.createInvitation);
  }

  return (
    <form className="flex flex-col gap-3" onSubmit={(event) => void create(event)}>
      <div className="flex flex-wrap items-end gap-4 max-md:flex-col max-md:items-stretch">
        <Choice label={texts.plan}>
          {(id) => (
            <Select id={id} name="tier" className="max-md:w-full">
              {tiers.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Choice>
        <TeamChoice teams={teams} />
        <Choice label={texts.canBeUsed}>
          {(id) => (
            <Select
              id={id}
              name="uses"
              className="max-md:w-full"
              value={uses}
              onChange={(event) => setUses(event.target.value as Uses)}
            >
              <option value="once">{texts.once}</option>
              <option value="several">{texts.several}</option>
              <option value="any">{texts.anyNumber}</option>
            </Select>
          )}
        </Choice>
        {uses === 'several' ? (
          <Choice label={texts.howOften}>
            {(id) => (
              <Input
                id={id}
                name="usesMax"
                type="number"
                inputMode="numeric"
                min={1}
                max={100_000}
                step={1}
                required
                defaultValue={10}
                className="figures h-8 w-24 text-sm max-md:w-full"
              />
            )}
          </Choice>
        ) : null}
        <Choice label={texts.expires}>
          {(id) => (
            <Select id={id} name="days" className="max-md:w-full" defaultValue={7}>
              {expiries.map(({ days, label }) => (
                <option key={days} value={days}>
                  {label}
                </option>
              ))}
            </Select>
          )}
        </Choice>
        <Button type="submit" variant="primary" size="small" disabled={busy}>
          {texts.create}
        </Button>
      </div>
      {refusal ? (
        <p role="alert" className="text-sm text-destructive">
          {refusal}
        </p>
      ) : null}
    </form>
  );
}

/** The team that the new members join. */
function TeamChoice({ teams }: Pick<InvitationFormProps, 'teams'>) {
  const inUse = teams.filter(({ archived }) => !archived);
  if (inUse.length === 0) return null;
  return (
    <Choice label={texts.team}>
      {(id) => (
        <Select id={id} name="team" className="max-w-48 max-md:w-full max-md:max-w-none">
          <option value="">{texts.noTeam}</option>
          {inUse.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
      )}
    </Choice>
  );
}

function Choice({ label, children }: { label: string; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children(id)}
    </div>
  );
}
