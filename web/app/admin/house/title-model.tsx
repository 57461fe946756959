import { titles as texts } from 'texts:admin';
import { TriangleAlert } from 'lucide-react';
import {
  type HouseSettingsQuery,
  SetTitleModelDocument,
  type TitleModelProblem,
} from '../../graphql/generated/graphql.ts';
import { formatCount } from '../../ui/figures.ts';
import { Select } from '../../ui/select.tsx';
import { useActing } from '../acting.ts';

type Chosen = NonNullable<HouseSettingsQuery['admin']['titleModel']>;
type Model = HouseSettingsQuery['models'][number];

const problems: Record<TitleModelProblem, (values: { model: string }) => string> = {
  GONE: texts.gone,
  NOT_CONFIGURED: texts.notConfigured,
  DISABLED: texts.disabled,
};

/** Which model names new conversations, at the server's cost; at first none. */
export function TitleModel({ chosen, models }: { chosen: Chosen | null; models: readonly Model[] }) {
  const { act, busy, refusals } = useActing();
  const refusal = refusals.get('title-model');
  const usable = models.filter(({ enabled, provider }) => enabled && provider.configured);
  // The cheapest stand first: a title needs no more.
  const listed = usable.toSorted((one, other) => priceOf(one) - priceOf(other));
  const isListed = listed.some(({ id }) => id === chosen?.model.id);
  const change = (modelId: string) => {
    const name = listed.find(({ id }) => id === modelId)?.name;
    const done = name === undefined ? texts.switchedOff : texts.chosen({ model: name });
    void act('title-model', SetTitleModelDocument, { modelId: name === undefined ? null : modelId }, done);
  };
  return (
    <section aria-labelledby="titles" className="flex flex-col gap-2">
      <h2 id="titles" className="text-lg font-semibold">
        {texts.heading}
      </h2>
      <p className="text-sm text-muted-foreground">{texts.explanation}</p>
      <div>
        <Select
          aria-label={texts.label}
          className="w-full max-w-full"
          value={chosen?.model.id ?? ''}
          disabled={busy.has('title-model')}
          onChange={(event) => change(event.target.value)}
        >
          <option value="">{texts.none}</option>
          {chosen && !isListed ? <option value={chosen.model.id}>{chosen.model.name}</option> : null}
          {listed.map(({ id, name, provider, inputPrice, outputPrice }) => (
            <option key={id} value={id}>
              {texts.option({
                model: name,
                provider: provider.name,
                input: formatCount(inputPrice),
                output: formatCount(outputPrice),
              })}
            </option>
          ))}
        </Select>
      </div>
      {chosen?.problem ? (
        <p role="status" className="flex items-start gap-2 text-sm text-warning">
          <TriangleAlert className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
          {problems[chosen.problem]({ model: chosen.model.name })}
        </p>
      ) : null}
      {refusal ? (
        <p role="alert" className="text-sm text-destructive">
          {refusal}
        </p>
      ) : null}
    </section>
  );
}

function priceOf({ inputPrice, outputPrice }: Model): number {
  return inputPrice + outputPrice;
}
