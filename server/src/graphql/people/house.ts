import { findHouseWarnings, type HouseWarning } from '../../domain/people/house/house-warnings.ts';
import type { SignUpChoice } from '../../domain/people/house/sign-up-choice.ts';
import { Admin } from '../admin.ts';
import { builder, forMembers } from '../ground/builder.ts';
import { SignUpRule } from '../sign-up.ts';

const SignUpSetting = builder.objectRef<SignUpChoice>('SignUpSetting').implement({
  description: 'Who may make an account here, and who decides on that.',
  fields: (t) => ({
    rule: t.field({ type: SignUpRule, resolve: ({ rule }) => rule.kind }),
    domains: t.stringList({
      description: 'The domains of DOMAINS.',
      resolve: ({ rule }) => (rule.kind === 'DOMAINS' ? [...rule.domains] : []),
    }),
    fixed: t.exposeBoolean('isFixed', { description: 'SIGN_UP says the rule, and admins cannot change it.' }),
    spendsMoney: t.exposeBoolean('spendsMoney', {
      description: 'Answers cost the operator money. An OPEN rule that was chosen before is then not in force.',
    }),
    lapsed: t.exposeBoolean('hasLapsed', {
      description: 'What was chosen is not in force: it let strangers in before answers cost money.',
    }),
  }),
});

const HouseWarningKind = builder.enumType('AdminWarningKind', {
  values: {
    PROVIDER_DOWN: { description: 'The provider that subject names fails.' },
    BUDGET: { description: 'At least 80 % of MONTHLY_CREDITS_MAX are spent or held; share says how much.' },
    TEAM_BUDGET: {
      description: 'The team that subject names has spent or holds at least 80 % of its monthly credits.',
    },
    KEY_EXPIRES: { description: 'The API key that subject names ends within a week, at that time.' },
    SIGN_UP_LAPSED: {
      description: 'The rule that was chosen let strangers in before answers cost money: it is not in force.',
    },
    MOCK_MODELS: { description: 'Models that make their answers up can be asked.' },
  } satisfies Record<HouseWarning['kind'], object>,
});

const Warning = builder.objectRef<HouseWarning>('AdminWarning').implement({
  description: 'Something that an admin should look at.',
  fields: (t) => ({
    kind: t.expose('kind', { type: HouseWarningKind }),
    subject: t.exposeString('subject', { nullable: true }),
    at: t.expose('at', { type: 'DateTime', nullable: true }),
    share: t.exposeFloat('share', { nullable: true }),
  }),
});

/** Complexity of the warnings: the month's charges are summed up. */
const WARNINGS_COST = 1000;

builder.objectFields(Admin, (t) => ({
  signUp: t.field({ type: SignUpSetting, resolve: (_admin, _args, { signUpChoice }) => signUpChoice }),
  warnings: t.field({
    type: [Warning],
    complexity: forMembers(WARNINGS_COST),
    description: 'What an admin should look at, the worst first.',
    resolve: (_admin, _args, context) => findHouseWarnings(context),
  }),
}));

builder.mutationField('setSignUpRule', (t) =>
  t.withAuth({ admin: true }).field({
    type: SignUpSetting,
    description:
      'Says who may make an account from now on. It holds until SIGN_UP is set, and OPEN or DOMAINS only as long as answers cost no money, unless they did when it was chosen.',
    args: {
      rule: t.arg({ type: SignUpRule, required: true }),
      domains: t.arg.stringList({ description: 'Of DOMAINS.' }),
    },
    resolve: async (_root, { rule, domains }, { signUpChoice, viewer }) => {
      await signUpChoice.choose(viewer, { kind: rule, domains: domains ?? [] });
      return signUpChoice;
    },
  }),
);
