import { merging as texts } from 'texts:tools';
import { type FormEvent, type ReactNode, useEffect, useId, useState } from 'react';
import { useClient } from 'urql';
import {
  type MergeInput,
  type MergeMode,
  MergeResponsesDocument,
  QuoteMergeDocument,
  type QuoteMergeQuery,
  type ResponseFieldsFragment,
  type TurnFieldsFragment,
} from '../../../graphql/generated/graphql.ts';
import { refusalWords } from '../../../graphql/refusal.ts';
import { Button } from '../../../ui/button.tsx';
import { formatCount } from '../../../ui/figures.ts';
import { Input } from '../../../ui/input.tsx';
import { Select } from '../../../ui/select.tsx';
import { nameOf } from '../../following/hidden.ts';
import { useTurnActions } from '../../turns/actions.ts';
import { toSendError } from '../../turns/failed-call.ts';

const modes: { mode: MergeMode; label: string; text: string }[] = [
  { mode: 'COMBINE', label: texts.combine, text: texts.combineMeaning },
  { mode: 'COMPARE', label: texts.compare, text: texts.compareMeaning },
  { mode: 'JUDGE', label: texts.judge, text: texts.judgeMeaning },
];

interface MergeFormProps {
  turn: TurnFieldsFragment;
  /** The answers that can be merged, by lane. */
  sources: readonly ResponseFieldsFragment[];
  onDone: () => void;
}

/** Asks which answers a model is to merge, and how, and says what that costs at most. */
export default function MergeForm({ turn, sources, onDone }: MergeFormProps) {
  const client = useClient();
  const { models, told, showLane } = useTurnActions();
  const allowed = models.filter(({ access }) => access.allowed);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(() => new Set(sources.map(({ id }) => id)));
  const [mode, setMode] = useState<MergeMode>('COMBINE');
  const [modelId, setModelId] = useState(() => firstModel(allowed, sources));
  const [instruction, setInstruction] = useState('');
  const [state, setState] = useState<{ busy: boolean; problem: string | null }>({ busy: false, problem: null });
  const fieldId = useId();
  const responseIds = sources.map(({ id }) => id).filter((id) => chosen.has(id));
  const input = { turnId: turn.id, responseIds, modelId, mode, instruction: instruction.trim() || null };
  const quote = useMergeQuote(responseIds.length >= 2 ? input : null);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setState({ busy: true, problem: null });
    const { data, error } = await client.mutation(MergeResponsesDocument, { input }).toPromise();
    const outcome = data?.mergeResponses ?? toSendError(error);
    if (outcome.__typename === 'SendPromptPayload') {
      told(outcome.turn);
      onDone();
      showLane(new Set(outcome.turn.responses.map(({ lane }) => lane)).size - 1);
      showNewest(outcome.turn);
    } else
      setState({
        busy: false,
        problem: refusalWords(outcome, (id) => models.find((model) => model.id === id)?.name) ?? null,
      });
  }

  return (
    <form className="flex flex-col gap-4" onSubmit={(event) => void submit(event)}>
      <Choices legend={texts.answers}>
        {sources.map(({ id, model }) => (
          <Choice
            key={id}
            type="checkbox"
            name={`${fieldId}-answers`}
            label={nameOf(model)}
            checked={chosen.has(id)}
            onChange={() => setChosen(withToggled(chosen, id))}
          />
        ))}
      </Choices>
      <Choices legend={texts.mode}>
        {modes.map((one) => (
          <Choice
            key={one.mode}
            type="radio"
            name={`${fieldId}-mode`}
            label={one.label}
            text={one.text}
            checked={mode === one.mode}
            onChange={() => setMode(one.mode)}
          />
        ))}
      </Choices>
      <div className="flex flex-col gap-1">
        <label htmlFor={`${fieldId}-model`} className="text-sm font-medium">
          {texts.model}
        </label>
        <Select
          id={`${fieldId}-model`}
          className="h-9 w-full"
          value={modelId}
          onChange={(event) => setModelId(event.target.value)}
        >
          {allowed.map(({ id, name, provider }) => (
            <option key={id} value={id}>
              {name} · {provider.name}
            </option>
          ))}
        </Select>
      </div>
      <Instruction value={instruction} onChange={setInstruction} />
      {turn.hidden ? <p className="text-sm text-muted-foreground">{texts.notBlind}</p> : null}
      {state.problem ? (
        <p role="alert" className="text-sm text-destructive">
          {state.problem}
        </p>
      ) : null}
      <div className="flex items-center justify-between gap-4">
        <p className="figures min-w-0 text-sm text-muted-foreground" aria-live="polite">
          {responseIds.length < 2 ? texts.chooseTwo : quoteWords(quote)}
        </p>
        <Button
          type="submit"
          variant="primary"
          disabled={state.busy || responseIds.length < 2 || modelId === '' || quote?.affordable === false}
        >
          {texts.merge}
        </Button>
      </div>
    </form>
  );
}

function Instruction({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {texts.instruction}
      </label>
      <Input
        id={id}
        className="h-9 text-sm"
        maxLength={4000}
        placeholder={texts.instructionExample}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}

/** Scrolls to the lane of the merge, once it is there: it may be beyond the edge of the page. */
function showNewest({ responses }: TurnFieldsFragment): void {
  const newest = responses.reduce((last, one) => (one.lane > last.lane ? one : last));
  requestAnimationFrame(() => {
    const lane = document.querySelector(`[data-response="${CSS.escape(newest.id)}"]`);
    lane?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  });
}

/** A model that wrote none of the answers, if there is one, as nobody judges their own work well. */
function firstModel(allowed: readonly { id: string }[], sources: readonly ResponseFieldsFragment[]): string {
  const wrote = new Set(sources.map(({ model }) => model.id));
  return (allowed.find(({ id }) => !wrote.has(id)) ?? allowed[0])?.id ?? '';
}

function withToggled(chosen: ReadonlySet<string>, id: string): ReadonlySet<string> {
  return new Set(chosen.has(id) ? [...chosen].filter((other) => other !== id) : [...chosen, id]);
}

function quoteWords(quote: QuoteMergeQuery['quoteMerge'] | null): string {
  if (!quote) return ' ';
  if (!quote.affordable) return texts.tooDear({ credits: formatCount(quote.maximum) });
  return (quote.mayBeShortened ? texts.atMostShortened : texts.atMost)({ credits: formatCount(quote.maximum) });
}

const pauseMs = 300;

/** The quote for the merge, fetched when the form rests. The last one stays until the next arrives. */
function useMergeQuote(input: MergeInput | null): QuoteMergeQuery['quoteMerge'] | null {
  const client = useClient();
  const [quote, setQuote] = useState<QuoteMergeQuery['quoteMerge'] | null>(null);
  const question = input && JSON.stringify(input);
  useEffect(() => {
    if (!question) return;
    let wanted = true;
    const timer = setTimeout(() => {
      const asked = client.query(QuoteMergeDocument, { input: JSON.parse(question) });
      void asked.toPromise().then(({ data }) => {
        if (wanted) setQuote(data?.quoteMerge ?? null);
      });
    }, pauseMs);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [client, question]);
  return question ? quote : null;
}

function Choices({ legend, children }: { legend: string; children: ReactNode }) {
  return (
    <fieldset className="flex flex-col gap-1">
      <legend className="mb-1 text-sm font-medium">{legend}</legend>
      {children}
    </fieldset>
  );
}

interface ChoiceProps {
  type: 'checkbox' | 'radio';
  name: string;
  label: string;
  text?: string;
  checked: boolean;
  onChange: () => void;
}

function Choice({ type, name, label, text, checked, onChange }: ChoiceProps) {
  return (
    <label className="flex cursor-pointer items-start gap-2 rounded-md px-2 py-1.5 text-sm hover:bg-hover max-md:py-2.5">
      <input type={type} name={name} checked={checked} onChange={onChange} className="mt-0.5 accent-primary" />
      <span className="min-w-0">
        {label}
        {text ? <span className="block text-muted-foreground">{text}</span> : null}
      </span>
    </label>
  );
}
