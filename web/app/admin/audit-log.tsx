import { audit as texts } from 'texts:admin';
import type { AuditLogQuery } from '../graphql/generated/graphql.ts';
import { Pages } from '../ui/pages.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Time } from '../ui/time.tsx';
import { AuditChain } from './audit-chain.tsx';

type Log = AuditLogQuery['admin']['auditLog'];
type Entry = Log['edges'][number]['node'];

const deeds: Record<string, string> = {
  adjustCredits: texts.adjustCredits,
  setTier: texts.setTier,
  setRole: texts.setRole,
  setPassword: texts.setPassword,
  changePassword: texts.changePassword,
  passwordRefused: texts.passwordRefused,
  signInFailed: texts.signInFailed,
  signUpWithProvider: texts.signUpWithProvider,
  linkProvider: texts.linkProvider,
  createPasswordResetLink: texts.createPasswordResetLink,
  requestPasswordReset: texts.requestPasswordReset,
  resetPassword: texts.resetPassword,
  confirmAddress: texts.confirmAddress,
  changeAddress: texts.changeAddress,
  endSessions: texts.endSessions,
  endSession: texts.endSession,
  enableTwoFactor: texts.enableTwoFactor,
  disableTwoFactor: texts.disableTwoFactor,
  removeTwoFactor: texts.removeTwoFactor,
  newBackupCodes: texts.newBackupCodes,
  useBackupCode: texts.useBackupCode,
  codeRefused: texts.codeRefused,
  downloadData: texts.downloadData,
  deleteAccount: texts.deleteAccount,
  createApiKey: texts.createApiKey,
  revokeApiKey: texts.revokeApiKey,
  createInvitation: texts.createInvitation,
  revokeInvitation: texts.revokeInvitation,
  invite: texts.invite,
  addAccount: texts.addAccount,
  suspend: texts.suspend,
  reinstate: texts.reinstate,
  enableModel: texts.enableModel,
  disableModel: texts.disableModel,
};

const wide = 'wrap-anywhere max-md:hidden';

const columns: Column<Entry>[] = [
  { id: 'when', head: texts.when, cell: ({ createdAt }) => <Time at={createdAt} /> },
  { id: 'who', head: texts.who, cell: ({ actor }) => <bdi title={actor.email}>{actor.name}</bdi>, className: wide },
  { id: 'what', head: texts.what, cell: (entry) => <Deed entry={entry} /> },
  { id: 'whom', head: texts.whom, cell: (entry) => <Target entry={entry} />, className: wide },
  {
    id: 'note',
    head: texts.note,
    cell: ({ note }) => <bdi>{note}</bdi>,
    className: `figures text-muted-foreground ${wide}`,
  },
];

function Target({ entry: { target, erased } }: { entry: Entry }) {
  if (erased) return <span className="text-muted-foreground italic">{texts.deletedMember}</span>;
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
        {texts.entries({ count: log.totalCount })}
      </h2>
      <AuditChain />
      {log.edges.length > 0 ? (
        <Table
          label={texts.auditLog}
          columns={columns}
          rows={log.edges.map(({ node }) => node)}
          keyOf={({ id }) => id}
        />
      ) : (
        <p className="rounded-lg border border-dashed px-6 py-12 text-center text-muted-foreground">{texts.none}</p>
      )}
      <Pages label={texts.pages} pageInfo={log.pageInfo} first={texts.newest} next={texts.older} />
    </section>
  );
}
