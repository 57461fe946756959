import { teams as texts } from 'texts:admin';
import { type FormEvent, useId, useState } from 'react';
import {
  AddTeamMemberDocument,
  SetTeamMemberDocument,
  type TeamFieldsFragment,
} from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { formatCount } from '../../ui/figures.ts';
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
        {texts.countMembers({ count: team.members.length })}
      </h2>
      {editable ? <AddMember team={team} acting={acting} /> : null}
      {team.members.length > 0 ? (
        <Table
          label={texts.membersOf}
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
        <p className="rounded-lg border border-dashed px-6 py-8 text-center text-muted-foreground">{texts.nobody}</p>
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
    if (await acting.act(FORM, AddTeamMemberDocument, variables, texts.isInTeam({ email: email.trim() }))) setEmail('');
  }

  return (
    <form className="flex flex-col gap-2" onSubmit={(event) => void add(event)}>
      <div className="flex flex-wrap items-end gap-2">
        <div className="flex min-w-0 flex-col gap-1 max-md:w-full">
          <label htmlFor={fieldId} className="text-sm font-medium">
            {texts.addSomebody}
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
          {texts.add}
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
      head: texts.member,
      cell: ({ user, owner }) => (
        <span className="block max-w-64 max-md:max-w-40">
          <span className="block truncate">
            <bdi>{user.name}</bdi> {owner ? <span className="text-muted-foreground">· {texts.owner}</span> : null}
          </span>
          <span className="block truncate text-xs text-muted-foreground" title={user.email}>
            {user.email}
          </span>
        </span>
      ),
    },
    {
      id: 'spent',
      head: texts.spentThisMonth,
      numeric: true,
      cell: ({ spentThisMonth }) =>
        limit === null
          ? formatCount(spentThisMonth)
          : texts.spentOf({ spent: formatCount(spentThisMonth), limit: formatCount(limit) }),
    },
  ];
  if (!acting) return columns;
  return [
    ...columns,
    { id: 'actions', head: texts.actions, cell: (member) => <Actions {...{ team, member, acting }} /> },
  ];
}

function Actions({ team, member, acting }: { team: TeamFieldsFragment; member: Member; acting: Acting }) {
  const { user, owner } = member;
  const { name } = user;
  const set = (changes: { member: boolean; owner: boolean }, done: string) =>
    void acting.act(user.id, SetTeamMemberDocument, { teamId: team.id, userId: user.id, ...changes }, done);
  const busy = acting.busy.has(user.id);
  return (
    <span className="flex gap-2 max-md:flex-col max-md:items-start max-md:gap-1">
      <Button
        size="small"
        disabled={busy}
        aria-label={owner ? texts.makeMemberOnly({ name }) : texts.makeOwnerOf({ name })}
        onClick={() =>
          set({ member: true, owner: !owner }, owner ? texts.noOwnerNow({ name }) : texts.isOwner({ name }))
        }
      >
        {owner ? texts.notOwner : texts.makeOwner}
      </Button>
      <Question
        title={texts.takeOutAsk({ name })}
        text={texts.takeOutWhy}
        yes={texts.takeOut}
        onYes={() => set({ member: false, owner: false }, texts.hasLeft({ name }))}
      >
        {(ask) => (
          <Button size="small" variant="danger" disabled={busy} aria-label={texts.takeOutOf({ name })} onClick={ask}>
            {texts.takeOut}
          </Button>
        )}
      </Question>
    </span>
  );
}
