import { knownModel } from '../../domain/catalogue/catalogue.ts';
import type { TitleModelProblem as Problem, TitleModel as TitleModelShape } from '../../domain/titles/title-model.ts';
import { Admin } from '../admin.ts';
import { builder } from '../ground/builder.ts';
import { Model } from '../model.ts';

const TitleModelProblem = builder.enumType('TitleModelProblem', {
  values: {
    GONE: { description: 'The server has no such model any more, or no price for it.' },
    NOT_CONFIGURED: { description: 'Its provider has no key.' },
    DISABLED: { description: 'An admin has switched it off.' },
  } as const satisfies Record<Problem, object>,
});

const TitleModel = builder.objectRef<{ id: string; chosen: TitleModelShape }>('TitleModel').implement({
  description:
    'The model that names new conversations after their first answers. The server pays for it, and not the member.',
  fields: (t) => ({
    model: t.field({ type: Model, resolve: ({ id }, _args, { catalogue }) => knownModel(catalogue, id) }),
    problem: t.field({
      type: TitleModelProblem,
      nullable: true,
      description: 'Why it writes no titles now, so that they stay the prompts’ first lines; null: it does.',
      resolve: ({ chosen }, _args, { catalogue }) => chosen.problem(catalogue),
    }),
  }),
});

const shown = (chosen: TitleModelShape) => (chosen.id === null ? null : { id: chosen.id, chosen });

builder.objectField(Admin, 'titleModel', (t) =>
  t.field({
    type: TitleModel,
    nullable: true,
    description: 'Null, as at first: no model writes titles.',
    resolve: (_admin, _args, { titleModel }) => shown(titleModel),
  }),
);

builder.mutationField('setTitleModel', (t) =>
  t.withAuth({ admin: true }).field({
    type: TitleModel,
    nullable: true,
    description: 'Says which model writes titles from now on; null: none.',
    args: { modelId: t.arg.id() },
    async resolve(_root, { modelId }, { titleModel, catalogue, viewer }) {
      await titleModel.choose(catalogue, viewer, modelId ?? null);
      return shown(titleModel);
    },
  }),
);
