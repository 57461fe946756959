import { encodeGlobalId } from '../domain/ground/global-ids.ts';
import {
  alertSentence,
  type BudgetAlertRow,
  dismissAlert,
  findBudgetAlerts,
} from '../domain/money/alerts/budget-alerts.ts';
import { isAdmin } from '../domain/people/members.ts';
import { builder } from './ground/builder.ts';
import { localId } from './ground/ids.ts';
import { Viewer } from './viewer.ts';

const BudgetScope = builder.enumType('BudgetScope', {
  values: {
    MEMBER: { description: 'A member’s monthly credits.' },
    TEAM: { description: 'A team’s monthly credits.' },
    KEY: { description: 'An API key’s monthly limit.' },
    SERVER: { description: 'What all accounts together may spend in a month.' },
  } as const,
});

const BudgetAlert = builder.objectRef<BudgetAlertRow>('BudgetAlert').implement({
  description: 'A budget of the current month (UTC) of which 50, 80 or 100 % are spent.',
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => encodeGlobalId('BudgetAlert', id) }),
    scope: t.expose('scope', { type: BudgetScope }),
    name: t.exposeString('name', {
      nullable: true,
      description: 'The member’s e-mail address, or the name of the team or key; null for the server.',
    }),
    percent: t.exposeInt('percent', { description: '50, 80 or 100.' }),
    budget: t.expose('budget', { type: 'Credits' }),
    spent: t.expose('spent', {
      type: 'Credits',
      description:
        'The credits spent when the part was crossed; no more than that part while answers whose models are hidden are among them.',
    }),
    message: t.string({
      description: 'All of this in one sentence, for the viewer.',
      resolve: (alert) => alertSentence(alert, true),
    }),
    createdAt: t.expose('created_at', { type: 'DateTime' }),
  }),
});

builder.objectField(Viewer, 'alerts', (t) =>
  t.field({
    type: [BudgetAlert],
    description:
      'The last alert of each budget that the viewer answers for, as long as they have not dismissed it: their own, their keys’, those of teams that they own, and for admins the server’s and those of teams without an owner.',
    complexity: { field: 10, multiplier: 4 },
    resolve: ({ id }, _args, { db, viewer, monthlyLimit }) =>
      findBudgetAlerts(db, id, { isAdmin: isAdmin(viewer), serverBudget: monthlyLimit }),
  }),
);

builder.mutationField('dismissBudgetAlert', (t) =>
  t.withAuth({ signedIn: true }).id({
    description: 'Hides an alert from the viewer. The next part of the budget is told again.',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, { db, viewer }) => {
      await dismissAlert(db, viewer.id, localId('BudgetAlert', id));
      return id;
    },
  }),
);
