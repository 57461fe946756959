import { builder } from './ground/builder.ts';
import type { GraphQLContext } from './ground/context.ts';
import { Model } from './model.ts';

export const SignUpRule = builder.enumType('SignUpRule', {
  description: 'Who may make an account. The first account can always be made, unless sign-up is CLOSED.',
  values: {
    OPEN: { description: 'Everybody.' },
    INVITE: { description: 'People with an invitation.' },
    DOMAINS: { description: 'People with an e-mail address of the operator’s domains, or with an invitation.' },
    CLOSED: { description: 'Nobody: the operator makes accounts at the command line.' },
  },
});

interface SignInProviderShape {
  id: string;
  name: string;
}

const SignInProvider = builder.objectRef<SignInProviderShape>('SignInProvider').implement({
  description: 'Another service that people can sign in with.',
  fields: (t) => ({ id: t.exposeID('id'), name: t.exposeString('name') }),
});

export const Server = builder.objectRef<GraphQLContext>('Server').implement({
  description: 'What a client needs to know to sign somebody in or up.',
  fields: (t) => ({
    signUp: t.field({ type: SignUpRule, resolve: ({ signUp }) => signUp.rule.kind }),
    firstAccount: t.boolean({
      description: 'Whether nobody has an account yet: whoever makes the first one is the admin.',
      resolve: ({ signUp }) => signUp.isFirst(),
    }),
    signInWith: t.field({
      type: [SignInProvider],
      description: 'Ways to sign in beside e-mail and password: send the browser to /api/auth/oidc/ and the id.',
      complexity: (_args, { signIn }) => ({ multiplier: signIn.providers.length }),
      resolve: ({ signIn }): SignInProviderShape[] => signIn.providers.map(({ id, name }) => ({ id, name })),
    }),
    passwords: t.boolean({
      description: 'Whether people may sign in with e-mail and password.',
      resolve: ({ signIn }) => signIn.passwords,
    }),
    retentionDays: t.exposeInt('retentionDays', {
      nullable: true,
      description: 'After how many days without a prompt conversations are deleted for good; null: they are kept.',
    }),
    sendsMail: t.boolean({
      description: 'Whether the server sends mail: addresses are confirmed, and forgotten passwords replaced, by mail.',
      resolve: ({ mailer }) => mailer !== null,
    }),
    planChanges: t.boolean({
      description: 'Whether members may change their plan themselves, and pay nothing for it.',
      resolve: ({ planChanges, offered }) => planChanges(offered),
    }),
    defaultModels: t.field({
      type: [Model],
      description: 'The models of a new conversation whose first prompt names none.',
      complexity: (_args, { catalogue }) => ({ multiplier: catalogue.defaultModelIds.length }),
      resolve: ({ catalogue }) => catalogue.defaultModelIds.flatMap((id) => catalogue.models.get(id) ?? []),
    }),
    version: t.exposeString('version'),
  }),
});

builder.queryField('server', (t) =>
  t.field({
    type: Server,
    description: 'For clients that are signed out too.',
    skipTypeScopes: true,
    resolve: (_root, _args, context) => context,
  }),
);
