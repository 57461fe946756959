import { areDollarsShown, showDollars } from '../../domain/people/house/shown-money.ts';
import { builder } from '../ground/builder.ts';
import { Server } from '../sign-up.ts';

builder.objectField(Server, 'creditsPerUsd', (t) =>
  t.int({
    nullable: true,
    description:
      'How many credits are 1 USD of provider cost, if the admin has members see that; null: they see credits.',
    resolve: async (_server, _args, { db, viewer, creditsPerUsd }) =>
      viewer && (await areDollarsShown(db)) ? creditsPerUsd : null,
  }),
);

builder.mutationField('setDollarsShown', (t) =>
  t.withAuth({ admin: true }).field({
    type: Server,
    description: 'Says whether members see beside credits what they are worth in USD.',
    args: { shown: t.arg.boolean({ required: true }) },
    resolve: async (_root, { shown }, context) => {
      await showDollars(context.db, context.viewer, shown);
      return context;
    },
  }),
);
