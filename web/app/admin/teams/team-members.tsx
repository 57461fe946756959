import { type FormEvent, useId, useState } from 'react';
import {
  AddTeamMemberDocument,
  SetTeamMemberDocument,
  type TeamFieldsFragment,
} from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { formatCount, plural } from '../../ui/figures.ts';
import { Input } from '../../ui/input.tsx';
import { Question } from '../../ui/question.tsx';
import { type Column, Table } from '../../ui/table.tsx';
import { type Acting, useActing } from '../acting.ts';

type Member = TeamFieldsFragment['members'][number];

interface TeamMembersProps {
  team: TeamFieldsFragment;
  /** Whether the viewer manages the members: an owner or an admin does. */
  editable: boolean;
}

/** The members of a team with what each has spent this month. */
export function TeamMembers({ team, editable }: TeamMembersProps) {
  const acting = useActing();
  return (
    <section aria-labelledby="members" className="flex flex-col gap-4">
      <h2 id="members" className="figures text-lg font-semibold">
        {plural(team.members.length, 'member')}
      </h2>
      {editable ? <AddMember team={team} acting={acting} /> : null}
      {team.members.length > 0 ? (
        <Table
          label="Members of the team"
          columns={columnsOf(team, editable ? acting : null)}
          rows={team.members}
          keyOf={({ user }) => user.id}
          detail={({ user }) => {
            const refusal = acting.refusals.get(user.id);
            return refusal ? (
              <p role="alert" className="text-destructive">
                {refusal}
              </p>
            ) : null;
          }}
        />
      ) : (
        <p className="rounded-lg border border-dashed px-6 py-8 text-center text-muted-foreground">
          Nobody is in this team yet. Add members by their e-mail addresses.
        </p>
      )}
    </section>
  );
}

/** The id by which the form's refusal is kept. */
const FORM = 'add';

function AddMember({ team, acting }: { team: TeamFieldsFragment; acting: Acting }) {
  const fieldId = useId();
  const [email, setEmail] = useState('');
  const refusal = acting.refusals.get(FORM);

  async function add(event: FormEvent): Promise<void> {
    event.preventDefault();
    const variables = { teamId: team.id, email };
    if (await acting.act(FORM, AddTeamMemberDocument, variables, `${email.trim()} is in the team.`)) setEmail('');
  }

  return (
    <form className="flex flex-col gap-2" onSubmit={(event) => void add(event)}>
      <div className="flex flex-wrap items-end gap-2">
        <div className="flex min-w-0 flex-col gap-1 max-md:w-full">
          <label htmlFor={fieldId} className="text-sm font-medium">
            Add somebody by e-mail
          </label>
          <Input
            id={fieldId}
            type="email"
            autoComplete="off"
            className="h-8 w-72 text-sm max-md:w-full"
            placeholder="grace@example.com"
            aria-invalid={refusal !== undefined}
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        </div>
        <Button type="submit" variant="primary" size="small" disabled={!email.trim() || acting.busy.has(FORM)}>
          Add
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

function columnsOf(team: TeamFieldsFragment, acting: Acting | null): Column<Member>[] {
  const { memberMonthlyCredits: limit } = team;
  const columns: Column<Member>[] = [
    {
      id: 'name',
      head: 'Member',
      cell: ({ user, owner }) => (
        <span className="block max-w-64 max-md:max-w-40">
          <span className="block truncate">
            <bdi>{user.name}</bdi> {owner ? <span className="text-muted-foreground">· owner</span> : null}
          </span>
          <span className="block truncate text-xs text-muted-foreground" title={user.email}>
            {user.email}
          </span>
        </span>
      ),
    },
    {
      id: 'spent',
      head: 'Spent this month',
      numeric: true,
      cell: ({ spentThisMonth }) =>
        limit === null ? formatCount(spentThisMonth) : `${formatCount(spentThisMonth)} of ${formatCount(limit)}`,
    },
  ];
  if (!acting) return columns;
  return [...columns, { id: 'actions', head: 'Actions', cell: (member) => <Actions {...{ team, member, acting }} /> }];
}

function Actions({ team, member, acting }: { team: TeamFieldsFragment; member: Member; acting: Acting }) {
  const { user, owner } = member;
  const set = (changes: { member: boolean; owner: boolean }, done: string) =>
    void acting.act(user.id, SetTeamMemberDocument, { teamId: team.id, userId: user.id, ...changes }, done);
  const busy = acting.busy.has(user.id);
  return (
    <span className="flex gap-2 max-md:flex-col max-md:items-start max-md:gap-1">
      <Button
        size="small"
        disabled={busy}
        aria-label={owner ? `Make ${user.name} a member only` : `Make ${user.name} an owner`}
        onClick={() =>
          set({ member: true, owner: !owner }, `${user.name} is ${owner ? 'no owner any more' : 'an owner'}.`)
        }
      >
        {owner ? 'Not an owner' : 'Make owner'}
      </Button>
      <Question
        title={`Take ${user.name} out of the team?`}
        text="The team pays for nothing that they ask from now on. Answers that are being written are still paid. They can be added again at any time."
        yes="Take out"
        onYes={() => set({ member: false, owner: false }, `${user.name} has left the team.`)}
      >
        {(ask) => (
          <Button size="small" variant="danger" disabled={busy} aria-label={`Take ${user.name} out`} onClick={ask}>
            Take out
          </Button>
        )}
      </Question>
    </span>
  );
}
