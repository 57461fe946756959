import type { AuditLogQuery } from '../graphql/generated/graphql.ts';
import { plural } from '../ui/figures.ts';
import { Pages } from '../ui/pages.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Time } from '../ui/time.tsx';
import { AuditChain } from './audit-chain.tsx';

type Log = AuditLogQuery['admin']['auditLog'];
type Entry = Log['edges'][number]['node'];

const deeds: Record<string, string> = {
  adjustCredits: 'adjusted credits',
  setTier: 'changed plan',
  setRole: 'changed role',
  setPassword: 'gave a new password',
  changePassword: 'changed their password',
  passwordRefused: 'was refused for a wrong password',
  signInFailed: 'could not sign in',
  signUpWithProvider: 'made an account with',
  linkProvider: 'signs in from now on with',
  createPasswordResetLink: 'made a link to set a new password for',
  requestPasswordReset: 'forgot the password of',
  resetPassword: 'set a new password with a link for',
  confirmAddress: 'confirmed',
  changeAddress: 'changed their address to',
  endSessions: 'signed out everywhere else',
  endSession: 'signed out a browser',
  enableTwoFactor: 'set up a second factor',
  disableTwoFactor: 'turned off their second factor',
  removeTwoFactor: 'removed the second factor of',
  newBackupCodes: 'made new backup codes',
  useBackupCode: 'signed in with a backup code',
  codeRefused: 'was refused for a wrong code',
  downloadData: 'downloaded all of their data',
  deleteAccount: 'deleted the account of',
  createApiKey: 'created an API key',
  revokeApiKey: 'revoked an API key',
  createInvitation: 'created',
  revokeInvitation: 'revoked',
  invite: 'invited',
  addAccount: 'created an account for',
  suspend: 'suspended',
  reinstate: 'reinstated',
  enableModel: 'switched on',
  disableModel: 'switched off',
};

const wide = 'wrap-anywhere max-md:hidden';

const columns: Column<Entry>[] = [
  { id: 'when', head: 'When', cell: ({ createdAt }) => <Time at={createdAt} /> },
  { id: 'who', head: 'Who', cell: ({ actor }) => <bdi title={actor.email}>{actor.name}</bdi>, className: wide },
  { id: 'what', head: 'What', cell: (entry) => <Deed entry={entry} /> },
  { id: 'whom', head: 'Whom or what', cell: (entry) => <Target entry={entry} />, className: wide },
  {
    id: 'note',
    head: 'Note',
    cell: ({ note }) => <bdi>{note}</bdi>,
    className: `figures text-muted-foreground ${wide}`,
  },
];

function Target({ entry: { target, erased } }: { entry: Entry }) {
  if (erased) return <span className="text-muted-foreground italic">a deleted member</span>;
  return <bdi>{target}</bdi>;
}

/** On a phone, this cell shows the whole entry, one part below the other. */
function Deed({ entry }: { entry: Entry }) {
  const { action, actor, note } = entry;
  const deed = deeds[action] ?? action;
  return (
    <>
      <span className="max-md:hidden">{deed}</span>
      <span className="figures wrap-anywhere md:hidden">
        <bdi>{actor.name}</bdi> {deed}{' '}
        <span className="block">
          <Target entry={entry} />
        </span>
        <bdi className="block text-muted-foreground">{note}</bdi>
      </span>
    </>
  );
}

/** The audit log, newest entry first. Nobody can change it. */
export function AuditLog({ log }: { log: Log }) {
  return (
    <section aria-labelledby="audit" className="flex flex-col gap-4">
      <h2 id="audit" className="figures text-lg font-semibold">
        {plural(log.totalCount, 'entry', 'entries')}
      </h2>
      <AuditChain />
      {log.edges.length > 0 ? (
        <Table label="Audit log" columns={columns} rows={log.edges.map(({ node }) => node)} keyOf={({ id }) => id} />
      ) : (
        <p className="rounded-lg border border-dashed px-6 py-12 text-center text-muted-foreground">
          Changes to members, models, passwords and API keys will appear here.
        </p>
      )}
      <Pages label="Pages of the audit log" pageInfo={log.pageInfo} first="Newest" next="Older" />
    </section>
  );
}
