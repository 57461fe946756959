import { runs as texts } from 'texts:evaluations';
import { useNavigate } from '@remix-run/react';
import { type FormEvent, useEffect, useId, useState } from 'react';
import { useClient } from 'urql';
import { toAddressId } from '../graphql/address-id.ts';
import {
  type ModelChoiceFragment,
  QuoteEvaluationDocument,
  type QuoteEvaluationQuery,
  RunEvaluationDocument,
  type RunEvaluationInput,
} from '../graphql/generated/graphql.ts';
import { errorWords, refusalWords } from '../graphql/refusal.ts';
import { Button } from '../ui/button.tsx';
import { classes } from '../ui/classes.ts';
import { formatCount, formatShort } from '../ui/figures.ts';
import { Textarea } from '../ui/input.tsx';
import { Choice } from './choice.tsx';
import { Refusal } from './refusal.tsx';
import type { TeamChoice } from './sharing-choice.tsx';
import type { ShownSet } from './shown-set.ts';
import { useAction } from './use-action.ts';

interface RunFormProps {
  set: Pick<ShownSet, 'id' | 'promptCount'>;
  models: readonly ModelChoiceFragment[];
  teams: readonly TeamChoice[];
}

/** Begins an evaluation, after telling what it costs. */
export function RunForm({ set, models, teams }: RunFormProps) {
  const action = useAction();
  const navigate = useNavigate();
  const [modelIds, setModelIds] = useState<readonly string[]>([]);
  const [repeats, setRepeats] = useState(1);
  const [judgeId, setJudgeId] = useState('');
  const [rubric, setRubric] = useState('');
  const [allowSameFamily, setAllowSameFamily] = useState(false);
  const [stopEarly, setStopEarly] = useState(false);
  const [payerId, setPayerId] = useState('');
  const usable = models.filter(({ access }) => access.allowed);
  const input: RunEvaluationInput = {
    setId: set.id,
    modelIds: [...modelIds],
    repeats,
    stopEarly: stopEarly && judgeId !== '',
    judge: judgeId === '' ? null : { modelId: judgeId, rubric, allowSameFamily },
    ...(payerId !== '' && { payerId }),
  };
  const { quote, problem } = useQuote(modelIds.length > 0 && set.promptCount > 0 ? input : null, set.promptCount);

  async function begin(event: FormEvent): Promise<void> {
    event.preventDefault();
    const data = await action.act(RunEvaluationDocument, { input });
    if (data?.runEvaluation.__typename === 'RunEvaluationPayload') {
      navigate(`/evaluations/${toAddressId(data.runEvaluation.evaluation.id)}`);
    } else if (data)
      action.refuse(refusalWords(data.runEvaluation, (id) => models.find((model) => model.id === id)?.name) ?? null);
  }

  return (
    <form
      aria-label={texts.newEvaluation}
      className="flex min-w-0 flex-col gap-4 self-start rounded-lg border bg-card p-4 max-lg:self-stretch"
      onSubmit={(event) => void begin(event)}
    >
      <ModelChecks models={usable} chosen={modelIds} onChosen={setModelIds} />
      <div className="flex flex-wrap gap-x-6 gap-y-3 text-sm">
        <Choice label={texts.eachPrompt} value={repeats} onChange={({ target }) => setRepeats(Number(target.value))}>
          {[1, 2, 3, 5, 10].map((count) => (
            <option key={count} value={count}>
              {texts.times({ count })}
            </option>
          ))}
        </Choice>
        <Choice label={texts.judge} value={judgeId} onChange={({ target }) => setJudgeId(target.value)}>
          <option value="">{texts.peopleOnly}</option>
          {usable.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Choice>
        {teams.length > 0 ? (
          <Choice label={texts.paidBy} value={payerId} onChange={({ target }) => setPayerId(target.value)}>
            <option value="">{texts.youPay}</option>
            {teams.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Choice>
        ) : null}
      </div>
      {judgeId === '' ? null : (
        <JudgeFields
          rubric={rubric}
          onRubric={setRubric}
          allowSameFamily={allowSameFamily}
          onAllowSameFamily={setAllowSameFamily}
        />
      )}
      <StopCheck isJudged={judgeId !== ''} isChecked={stopEarly} onChecked={setStopEarly} />
      {quote ? <QuoteLine quote={quote} /> : null}
      <Refusal text={action.refusal ?? problem} />
      <div>
        <Button type="submit" variant="primary" size="small" disabled={!quote || action.busy}>
          {texts.begin}
        </Button>
      </div>
    </form>
  );
}

interface ModelChecksProps {
  models: readonly ModelChoiceFragment[];
  chosen: readonly string[];
  onChosen: (modelIds: readonly string[]) => void;
}

function ModelChecks({ models, chosen, onChosen }: ModelChecksProps) {
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-sm font-medium">{texts.models}</legend>
      <ul className="grid max-h-48 grid-cols-2 gap-x-4 overflow-y-auto text-sm max-sm:grid-cols-1">
        {models.map(({ id, name }) => (
          <li key={id}>
            <label className="flex min-h-8 items-center gap-2 rounded-sm px-2 hover:bg-hover max-md:min-h-[44px]">
              <input
                type="checkbox"
                className="accent-primary"
                checked={chosen.includes(id)}
                onChange={({ target }) =>
                  onChosen(target.checked ? [...chosen, id] : chosen.filter((other) => other !== id))
                }
              />
              <span className="truncate" title={id}>
                {name}
              </span>
            </label>
          </li>
        ))}
      </ul>
    </fieldset>
  );
}

interface JudgeFieldsProps {
  rubric: string;
  onRubric: (rubric: string) => void;
  allowSameFamily: boolean;
  onAllowSameFamily: (allow: boolean) => void;
}

function JudgeFields({ rubric, onRubric, allowSameFamily, onAllowSameFamily }: JudgeFieldsProps) {
  const rubricId = useId();
  return (
    <div className="flex flex-col gap-2 text-sm">
      <label htmlFor={rubricId} className="font-medium">
        {texts.rubric}
      </label>
      <Textarea
        id={rubricId}
        rows={2}
        maxLength={4000}
        placeholder={texts.rubricEmpty}
        value={rubric}
        onChange={(event) => onRubric(event.target.value)}
      />
      <label className="flex items-center gap-2 max-md:min-h-[44px]">
        <input
          type="checkbox"
          className="accent-primary"
          checked={allowSameFamily}
          onChange={({ target }) => onAllowSameFamily(target.checked)}
        />
        {texts.allowFamily}
      </label>
    </div>
  );
}

interface StopCheckProps {
  isJudged: boolean;
  isChecked: boolean;
  onChecked: (isChecked: boolean) => void;
}

function StopCheck({ isJudged, isChecked, onChecked }: StopCheckProps) {
  return (
    <label
      className={classes('flex items-start gap-2 text-sm max-md:min-h-[44px]', !isJudged && 'text-muted-foreground')}
    >
      <input
        type="checkbox"
        className="mt-1 accent-primary"
        disabled={!isJudged}
        checked={isJudged && isChecked}
        onChange={({ target }) => onChecked(target.checked)}
      />
      <span>
        {texts.stopEarly}
        {isJudged ? null : <span className="block text-xs">{texts.stopNeedsJudge}</span>}
      </span>
    </label>
  );
}

function QuoteLine({ quote }: { quote: QuoteEvaluationQuery['quoteEvaluation'] }) {
  const { answers, judgings, expected, maximum, available, affordable } = quote;
  const shown = { answers, expected: formatShort(expected), maximum: formatShort(maximum) };
  return (
    <p className="figures text-sm text-muted-foreground" title={texts.atMost({ credits: formatCount(maximum) })}>
      {judgings > 0 ? texts.quoteJudged({ ...shown, questions: judgings }) : texts.quote(shown)}
      {affordable ? '' : ` ${texts.available({ credits: formatShort(available) })}`}
    </p>
  );
}

/** How long typing rests before the price is asked for, in ms. */
const REST_MS = 300;

/** The price of the evaluation; null: it is not known, or there is no price. */
function useQuote(input: RunEvaluationInput | null, promptCount: number) {
  const client = useClient();
  const [told, setTold] = useState<{ quote: QuoteEvaluationQuery['quoteEvaluation'] | null; problem: string | null }>({
    quote: null,
    problem: null,
  });
  const asked = input && JSON.stringify(input);
  // biome-ignore lint/correctness/useExhaustiveDependencies: prompts that were added change the price
  useEffect(() => {
    setTold({ quote: null, problem: null });
    if (!asked) return;
    let isWanted = true;
    const timer = setTimeout(async () => {
      const variables = { input: JSON.parse(asked) as RunEvaluationInput };
      const { data, error } = await client
        .query(QuoteEvaluationDocument, variables, { requestPolicy: 'network-only' })
        .toPromise();
      if (!isWanted) return;
      setTold({ quote: data?.quoteEvaluation ?? null, problem: errorWords(error) ?? null });
    }, REST_MS);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [client, asked, promptCount]);
  return told;
}
