import { users as texts } from 'texts:admin';
import { Form, useSearchParams } from '@remix-run/react';
import { Search } from 'lucide-react';
import { useState } from 'react';
import type { AdminUsersQuery, Role, TierId, UserFieldsFragment } from '../graphql/generated/graphql.ts';
import { SetRoleDocument, SetSuspendedDocument, SetTierDocument } from '../graphql/generated/graphql.ts';
import { Button } from '../ui/button.tsx';
import { formatCount } from '../ui/figures.ts';
import { Input } from '../ui/input.tsx';
import { Pages } from '../ui/pages.tsx';
import { Question } from '../ui/question.tsx';
import { Select } from '../ui/select.tsx';
import { type Column, Table, useSortInAddress } from '../ui/table.tsx';
import { Time } from '../ui/time.tsx';
import { type Acting, useActing } from './acting.ts';
import { AdjustCredits } from './adjust-credits.tsx';
import { MemberMenu } from './member-menu.tsx';

interface UsersProps {
  users: AdminUsersQuery['admin']['users'];
  tiers: AdminUsersQuery['tiers'];
  /** An admin is asked before a change that hurts themselves; an auditor changes nothing. */
  viewer: { email: string; role: Role };
}

/** The table of members, where an admin changes plan, role, credits and suspension. Each change is in the audit log. */
export function Users({ users, tiers, viewer }: UsersProps) {
  const [search] = useSearchParams();
  const sorting = useSortInAddress();
  const acting = useActing();
  // Sorting one page of several would mislead.
  const whole = !users.pageInfo.hasNextPage && !search.has('after');
  return (
    <section aria-labelledby="members" className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h2 id="members" className="figures text-lg font-semibold">
          {texts.count({ count: users.totalCount })}
        </h2>
        <Form className="relative" replace>
          <Search
            className="pointer-events-none absolute top-1/2 start-2.5 size-4 -translate-y-1/2 text-muted-foreground"
            aria-hidden="true"
          />
          <Input
            key={search.get('search')}
            type="search"
            name="search"
            aria-label={texts.search}
            placeholder={texts.searchHint}
            className="h-8 w-64 ps-8 text-sm"
            defaultValue={search.get('search') ?? ''}
          />
        </Form>
      </div>
      {users.edges.length > 0 ? (
        <Table
          label={texts.members}
          columns={
            viewer.role === 'ADMIN' ? columnsOf(tiers, viewer.email, acting, whole) : readingColumns(tiers, whole)
          }
          rows={users.edges.map(({ node }) => node)}
          keyOf={({ id }) => id}
          {...sorting}
          sort={whole ? sorting.sort : null}
          detail={({ id }) => {
            const refusal = acting.refusals.get(id);
            return refusal ? (
              <p role="alert" className="rounded-md bg-destructive-soft px-3 py-2 text-destructive">
                {refusal}
              </p>
            ) : null;
          }}
        />
      ) : (
        <p className="rounded-lg border border-dashed px-6 py-12 text-center text-muted-foreground">{texts.none}</p>
      )}
      <Pages label={texts.pages} pageInfo={users.pageInfo} first={texts.firstPage} next={texts.nextPage} />
    </section>
  );
}

const by = (sortable: boolean, of: (user: UserFieldsFragment) => string | number) => (sortable ? { sortBy: of } : {});

function columnsOf(
  tiers: UsersProps['tiers'],
  viewerEmail: string,
  acting: Acting,
  sortable: boolean,
): Column<UserFieldsFragment>[] {
  const role = (user: UserFieldsFragment) => (
    <RoleChoice user={user} isViewer={user.email === viewerEmail} acting={acting} />
  );
  const plan = (user: UserFieldsFragment) => <PlanChoice user={user} tiers={tiers} acting={acting} />;
  return [
    ...readingColumns(tiers, sortable, { plan, role }),
    {
      id: 'actions',
      head: texts.actions,
      cell: (user) => (
        <span className="flex gap-2 max-md:flex-col max-md:items-start max-md:gap-1">
          <AdjustCredits user={user} acting={acting} />
          <Suspension user={user} isViewer={user.email === viewerEmail} acting={acting} />
          <MemberMenu user={user} isViewer={user.email === viewerEmail} acting={acting} />
        </span>
      ),
    },
  ];
}

/** What there is to read of a member; `cells` replace words by controls. */
function readingColumns(
  tiers: UsersProps['tiers'],
  sortable: boolean,
  cells: Record<'plan' | 'role', Column<UserFieldsFragment>['cell']> = {
    plan: ({ tier }) => tier.name,
    role: ({ role }) => roleNames[role],
  },
): Column<UserFieldsFragment>[] {
  return [
    { id: 'name', head: texts.member, cell: (user) => <Who user={user} />, ...by(sortable, ({ name }) => name) },
    {
      id: 'plan',
      head: texts.plan,
      // On a phone the role stands below the plan: side by side they would leave no room for the other columns.
      cell: (user) => (
        <span className="flex flex-col items-start gap-1">
          {cells.plan(user)}
          <span className="md:hidden">{cells.role(user)}</span>
        </span>
      ),
      ...by(sortable, (user) => tiers.findIndex(({ id }) => id === user.tier.id)),
    },
    {
      id: 'role',
      head: texts.role,
      cell: cells.role,
      className: 'max-md:hidden',
      ...by(sortable, ({ role }) => role),
    },
    {
      id: 'balance',
      head: texts.balance,
      numeric: true,
      cell: ({ credits }) => formatCount(credits.balance),
      className: 'max-md:hidden',
      ...by(sortable, ({ credits }) => credits.balance),
    },
    {
      id: 'held',
      head: texts.held,
      numeric: true,
      cell: ({ credits }) => formatCount(credits.held),
      className: 'max-xl:hidden',
      ...by(sortable, ({ credits }) => credits.held),
    },
    {
      id: 'joined',
      head: texts.joined,
      cell: ({ createdAt }) => <Time at={createdAt} />,
      className: 'max-xl:hidden',
      ...by(sortable, (user) => user.createdAt),
    },
  ];
}

function Who({ user: { name, email, suspended, credits } }: { user: UserFieldsFragment }) {
  return (
    <span className="block max-w-60 max-xl:max-w-40 max-md:max-w-28">
      <bdi className="block truncate">{name}</bdi>
      <bdi className="block truncate text-xs text-muted-foreground">{email}</bdi>
      <span className="figures block text-xs text-muted-foreground md:hidden">
        {texts.credits({ amount: formatCount(credits.balance) })}
      </span>
      {suspended ? <span className="block text-xs text-destructive">■ {texts.suspended}</span> : null}
    </span>
  );
}

interface ControlProps {
  user: UserFieldsFragment;
  acting: Acting;
}

function PlanChoice({ user, tiers, acting }: ControlProps & Pick<UsersProps, 'tiers'>) {
  return (
    <Select
      aria-label={texts.planOf({ name: user.name })}
      value={user.tier.id}
      disabled={acting.busy.has(user.id)}
      onChange={(event) => {
        const tier = event.target.value as TierId;
        const named = tiers.find(({ id }) => id === tier)?.name ?? tier;
        const done = texts.planSet({ name: user.name, plan: named });
        void acting.act(user.id, SetTierDocument, { userId: user.id, tier }, done);
      }}
    >
      {tiers.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </Select>
  );
}

const roleNames: Record<Role, string> = {
  USER: texts.roleMember,
  AUDITOR: texts.roleAuditor,
  ADMIN: texts.roleAdmin,
};

function RoleChoice({ user, isViewer, acting }: ControlProps & { isViewer: boolean }) {
  const set = (role: Role) =>
    void acting.act(
      user.id,
      SetRoleDocument,
      { userId: user.id, role },
      { ADMIN: texts.isAdmin, AUDITOR: texts.isAuditor, USER: texts.isMember }[role]({ name: user.name }),
    );
  const choice = (onChoose: (role: Role) => void) => (
    <Select
      aria-label={texts.roleOf({ name: user.name })}
      value={user.role}
      disabled={acting.busy.has(user.id)}
      onChange={(event) => onChoose(event.target.value as Role)}
    >
      {Object.entries(roleNames).map(([role, name]) => (
        <option key={role} value={role}>
          {name}
        </option>
      ))}
    </Select>
  );
  const [next, setNext] = useState<Role>('USER');
  if (!isViewer) return choice(set);
  return (
    <Question title={texts.stopAdmin} text={texts.stopAdminWhy} yes={texts.stopAdminYes} onYes={() => set(next)}>
      {(ask) =>
        choice((role) => {
          setNext(role);
          ask();
        })
      }
    </Question>
  );
}

function Suspension({ user, isViewer, acting }: ControlProps & { isViewer: boolean }) {
  const set = (suspended: boolean, done: string) =>
    void acting.act(user.id, SetSuspendedDocument, { userId: user.id, suspended }, done);
  const disabled = acting.busy.has(user.id);
  if (user.suspended) {
    return (
      <Button size="small" disabled={disabled} onClick={() => set(false, texts.reinstated({ name: user.name }))}>
        {texts.reinstate}
      </Button>
    );
  }
  return (
    <Question
      title={isViewer ? texts.suspendSelf : texts.suspendAsk({ name: user.name })}
      text={isViewer ? texts.suspendSelfWhy : texts.suspendWhy({ name: user.name })}
      yes={texts.suspend}
      onYes={() => set(true, texts.isSuspended({ name: user.name }))}
    >
      {(ask) => (
        <Button size="small" variant="danger" disabled={disabled} onClick={ask}>
          {texts.suspend}
        </Button>
      )}
    </Question>
  );
}
