import { mayReadFigures } from '../domain/people/members.ts';
import { payerOfId, teamOf } from '../domain/people/paying-team.ts';
import { findPayingTeams, findTeams, type TeamRow } from '../domain/people/teams.ts';
import { builder } from './ground/builder.ts';
import type { GraphQLContext } from './ground/context.ts';

/** Admins and auditors may load every team, others those that they are in. */
export const Team = builder.loadableNodeRef('Team', {
  id: { resolve: ({ id }: TeamRow) => id },
  load: async (ids: string[], { db, viewer }: GraphQLContext) => {
    if (!viewer) return [];
    if (mayReadFigures(viewer)) return findTeams(db, ids);
    const own = (await findPayingTeams(db, { teamIds: ids, userId: viewer.id })).filter(({ isMember }) => isMember);
    return own.length > 0
      ? findTeams(
          db,
          own.map(({ id }) => id),
        )
      : [];
  },
  toKey: ({ id }) => id,
  sort: true,
});

/**
 * A team where it paid, or is to pay. What it paid for, and the viewer's own conversations and keys, are the only way to
 * it, so that those who have left the team still read its name there, and nobody else does.
 */
export const PayingTeam = builder.loadableObjectRef<TeamRow, string>('PayingTeam', {
  load: async (ids: string[], { db }: GraphQLContext) => findTeams(db, ids),
  toKey: ({ id }) => id,
  sort: true,
});

PayingTeam.implement({
  description: 'A team where it paid, or is to pay. Those who have left it still read its name there.',
  fields: (t) => ({
    id: t.globalID({ description: 'That of its Team.', resolve: ({ id }) => ({ type: 'Team', id }) }),
    name: t.exposeString('name'),
    archived: t.exposeBoolean('archived'),
  }),
});

/** The team that an argument names as the payer; null: the viewer pays. @throws NotFoundError */
export function teamOfArgument(payerId: string | null | undefined, { viewer }: GraphQLContext) {
  return payerId == null || !viewer ? null : teamOf(payerOfId(payerId, viewer));
}
