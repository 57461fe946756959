import { invitations as texts } from 'texts:admin';
import { useRevalidator } from '@remix-run/react';
import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import {
  type InvitationFieldsFragment,
  type InvitationStatus,
  type InvitationsQuery,
  RevokeInvitationDocument,
  type SignUpRule,
} from '../graphql/generated/graphql.ts';
import { sentence } from '../languages/sentence.tsx';
import { useCopy } from '../ui/browser/copy.ts';
import { Button } from '../ui/button.tsx';
import { classes } from '../ui/classes.ts';
import { Question } from '../ui/question.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Time } from '../ui/time.tsx';
import { type Acting, useActing } from './acting.ts';
import { InvitationForm } from './invitation-form.tsx';

interface InvitationsProps extends Pick<InvitationsQuery, 'invitations' | 'teams' | 'tiers'> {
  rule: SignUpRule;
}

/** Creates, lists and revokes the links that people sign up with. */
export function Invitations({ invitations, teams, tiers, rule }: InvitationsProps) {
  const acting = useActing();
  const { revalidate } = useRevalidator();
  const [made, setMade] = useState<InvitationFieldsFragment | null>(null);
  const usable = invitations.filter(({ status }) => status === 'USABLE').length;
  return (
    <>
      {rule === 'CLOSED' ? null : (
        <section aria-labelledby="invite" className="flex flex-col gap-4">
          <div>
            <h2 id="invite" className="text-lg font-semibold">
              {texts.invite}
            </h2>
            <p className="text-sm text-muted-foreground">{rules[rule]}</p>
          </div>
          <InvitationForm
            tiers={tiers}
            teams={teams}
            onMade={(invitation) => {
              setMade(invitation);
              revalidate();
            }}
          />
          {made ? <NewLink key={made.id} url={made.url} /> : null}
        </section>
      )}
      <section aria-labelledby="invitations" className="flex flex-col gap-4">
        <h2 id="invitations" className="figures text-lg font-semibold">
          {texts.open({ count: usable })}
        </h2>
        {invitations.length > 0 ? (
          <Table
            label={texts.invitations}
            columns={columnsOf(tiers, acting)}
            rows={invitations}
            keyOf={({ id }) => id}
            detail={({ id }) => {
              const refusal = acting.refusals.get(id);
              return refusal ? (
                <p role="alert" className="text-destructive">
                  {refusal}
                </p>
              ) : null;
            }}
          />
        ) : (
          <p className="rounded-lg border border-dashed px-6 py-12 text-center text-muted-foreground">
            {rule === 'CLOSED' ? texts.closed : texts.aLink}
          </p>
        )}
      </section>
    </>
  );
}

const rules: Record<Exclude<SignUpRule, 'CLOSED'>, string> = {
  OPEN: texts.ruleOpen,
  INVITE: texts.ruleInvite,
  DOMAINS: texts.ruleDomains,
};

/** The link that was just created. The list below offers it for copying too. */
export function NewLink({ url }: { url: string }) {
  const [copied, copy] = useCopy();
  return (
    <div role="status" className="flex flex-col gap-2 rounded-lg bg-primary-soft px-4 py-3 text-sm">
      <p>{texts.sendLink}</p>
      <div className="flex items-center gap-2 max-md:flex-col max-md:items-start">
        <code className="min-w-0 flex-1 font-mono wrap-anywhere">{url}</code>
        <Button autoFocus size="small" onClick={() => copy(url)}>
          {copied ? <Check /> : <Copy />} {copied ? texts.copied : texts.copyLink}
        </Button>
      </div>
    </div>
  );
}

const states: Record<InvitationStatus, { sign: string; word: string; tone: string }> = {
  USABLE: { sign: '●', word: texts.stateOpen, tone: 'text-success' },
  USED_UP: { sign: '✓', word: texts.stateUsedUp, tone: 'text-muted-foreground' },
  EXPIRED: { sign: '‖', word: texts.stateExpired, tone: 'text-muted-foreground' },
  REVOKED: { sign: '■', word: texts.stateRevoked, tone: 'text-destructive' },
};

function columnsOf(tiers: InvitationsProps['tiers'], acting: Acting): Column<InvitationFieldsFragment>[] {
  const planOf = ({ tier, team }: InvitationFieldsFragment) => {
    const plan = tiers.find(({ id }) => id === tier)?.name ?? tier;
    return team ? texts.planAndTeam({ plan, team: team.name }) : plan;
  };
  return [
    {
      id: 'state',
      head: texts.state,
      cell: (invitation) => <State invitation={invitation} plan={planOf(invitation)} />,
    },
    { id: 'plan', head: texts.plan, cell: planOf, className: 'max-md:hidden' },
    { id: 'uses', head: texts.used, cell: usesOf, className: 'figures max-md:hidden' },
    {
      id: 'expires',
      head: texts.expires,
      cell: ({ expiresAt }) => (expiresAt ? <Time at={expiresAt} /> : texts.never),
      className: 'max-md:hidden',
    },
    {
      id: 'made',
      head: texts.createdBy,
      cell: ({ createdBy, createdAt }) => (
        <span className="block max-w-48">
          <span className="block truncate" title={createdBy.email}>
            {createdBy.name}
          </span>
          <span className="text-xs text-muted-foreground">
            <Time at={createdAt} />
          </span>
        </span>
      ),
      className: 'max-lg:hidden',
    },
    { id: 'actions', head: texts.actions, cell: (invitation) => <Actions invitation={invitation} acting={acting} /> },
  ];
}

function usesOf({ uses, usesMax }: InvitationFieldsFragment): string {
  return usesMax === null ? texts.times({ count: uses }) : texts.usesOf({ uses, most: usesMax });
}

/** On a phone, this cell also shows the plan, the uses and the expiry. */
function State({ invitation, plan }: { invitation: InvitationFieldsFragment; plan: string }) {
  const { sign, word, tone } = states[invitation.status];
  return (
    <>
      <span className="whitespace-nowrap">
        <span className={classes('me-1.5', tone)} aria-hidden="true">
          {sign}
        </span>
        {word}
      </span>
      <span className="figures block text-xs text-muted-foreground md:hidden">
        <span className="block">{texts.planUsed({ plan, uses: usesOf(invitation) })}</span>
        {invitation.expiresAt ? (
          <span className="block">{sentence(texts.until, { time: <Time at={invitation.expiresAt} /> })}</span>
        ) : null}
      </span>
    </>
  );
}

function Actions({
  invitation: { id, url, status },
  acting,
}: {
  invitation: InvitationFieldsFragment;
  acting: Acting;
}) {
  const [copied, copy] = useCopy();
  if (status !== 'USABLE') return null;
  return (
    <span className="flex gap-2 max-md:flex-col max-md:items-start max-md:gap-1">
      <Button size="small" onClick={() => copy(url)}>
        {copied ? <Check /> : <Copy />} {copied ? texts.copied : texts.copyLink}
      </Button>
      <Question
        title={texts.revokeAsk}
        text={texts.revokeWhy}
        yes={texts.revoke}
        onYes={() => void acting.act(id, RevokeInvitationDocument, { id }, texts.revoked)}
      >
        {(ask) => (
          <Button size="small" variant="danger" disabled={acting.busy.has(id)} onClick={ask}>
            {texts.revoke}
          </Button>
        )}
      </Question>
    </span>
  );
}
