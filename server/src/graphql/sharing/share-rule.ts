import type { ShareRuleKind, ShareRule as ShareRuleShape } from '../../domain/sharing/share-rule.ts';
import { Admin } from '../admin.ts';
import { builder } from '../ground/builder.ts';
import { Server } from '../sign-up.ts';

export const ShareRule = builder.enumType('ShareRule', {
  description: 'With whom members may share conversations. It holds for what is shared already too.',
  values: {
    LINK: { description: 'With anyone who has the link, or with other members.' },
    MEMBERS: { description: 'With other members only: links are for members from then on.' },
    NOBODY: { description: 'With nobody.' },
  } as const satisfies Record<ShareRuleKind, object>,
});

builder.objectField(Server, 'shareRule', (t) =>
  t.field({ type: ShareRule, resolve: ({ sharing }) => sharing.rule.kind }),
);

builder.objectField(Admin, 'shareRule', (t) =>
  t.field({ type: ShareRule, resolve: (_admin, _args, { sharing }): ShareRuleShape['kind'] => sharing.rule.kind }),
);

builder.mutationField('setShareRule', (t) =>
  t.withAuth({ admin: true }).field({
    type: ShareRule,
    description: 'Says with whom members may share from now on, and who can read what is shared already.',
    args: { rule: t.arg({ type: ShareRule, required: true }) },
    async resolve(_root, { rule }, { sharing, viewer }) {
      await sharing.rule.choose(viewer, rule);
      return sharing.rule.kind;
    },
  }),
);
