import { network } from 'texts:everywhere';
import { sharing as texts } from 'texts:tools';
import { type FormEvent, type ReactNode, useEffect, useId, useState } from 'react';
import { useClient } from 'urql';
import { nodesOf } from '../../graphql/connection.ts';
import {
  ShareChoiceDocument,
  type ShareChoiceQuery,
  ShareConversationDocument,
  type ShareFieldsFragment,
  type ShareInput,
  type ShareRule,
} from '../../graphql/generated/graphql.ts';
import { errorWords } from '../../graphql/refusal.ts';
import { Button } from '../../ui/button.tsx';
import { Select } from '../../ui/select.tsx';
import { Switch } from '../../ui/switch.tsx';
import { ShareLink } from './share-link.tsx';

interface ShareFormProps {
  conversationId: string;
  through: string | null;
}

/** Asks with whom and how a conversation is shared, and then shows the link. */
export default function ShareForm({ conversationId, through }: ShareFormProps) {
  const { choice, problem } = useChoice(conversationId, through);
  const [made, setMade] = useState<ShareFieldsFragment | null>(null);
  if (made) return <ShareLink share={made} />;
  if (problem) return <Alert>{problem}</Alert>;
  if (!choice) return <div className="h-72 animate-breathe rounded-md bg-muted" aria-hidden="true" />;
  const turns = choice.conversation ? nodesOf(choice.conversation.turns) : [];
  if (choice.server.shareRule === 'NOBODY') {
    return <p className="text-sm">{texts.switchedOff}</p>;
  }
  if (turns.length === 0) return <p className="text-sm">{texts.nothingToShare}</p>;
  return <Fields {...{ conversationId, turns }} rule={choice.server.shareRule} onMade={setMade} />;
}

function useChoice(id: string, through: string | null) {
  const client = useClient();
  const [choice, setChoice] = useState<ShareChoiceQuery | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    let isWanted = true;
    void client
      .query(ShareChoiceDocument, { id, through })
      .toPromise()
      .then(({ data, error }) => {
        if (!isWanted) return;
        if (data) setChoice(data);
        else setProblem(errorWords(error) ?? network.unreachable);
      });
    return () => {
      isWanted = false;
    };
  }, [client, id, through]);
  return { choice, problem };
}

const DAY_MS = 24 * 60 * 60 * 1000;
const terms = [
  { label: texts.inADay, days: 1 },
  { label: texts.inAWeek, days: 7 },
  { label: texts.in30Days, days: 30 },
  { label: texts.inAYear, days: 365 },
  { label: texts.whenIEndIt, days: null },
];

interface FieldsProps {
  conversationId: string;
  turns: readonly { id: string; prompt: string; contestants: readonly string[] }[];
  rule: ShareRule;
  onMade: (share: ShareFieldsFragment) => void;
}

function Fields({ conversationId, turns, rule, onMade }: FieldsProps) {
  const client = useClient();
  const last = turns.at(-1);
  const [through, setThrough] = useState(last?.id ?? '');
  const [audience, setAudience] = useState<ShareInput['audience']>('MEMBERS');
  const [term, setTerm] = useState('30');
  const [extras, setExtras] = useState({ withFigures: false, withName: false, asksVerdict: false });
  const [state, setState] = useState<{ busy: boolean; problem: string | null }>({ busy: false, problem: null });
  const id = useId();
  const mayAsk = (turns.find((turn) => turn.id === through)?.contestants.length ?? 0) > 1;

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setState({ busy: true, problem: null });
    const expiresAt = term === '' ? null : new Date(Date.now() + Number(term) * DAY_MS).toISOString();
    const asksVerdict = extras.asksVerdict && mayAsk;
    const input = { conversationId, throughTurnId: through, audience, expiresAt, ...extras, asksVerdict };
    const { data, error } = await client.mutation(ShareConversationDocument, { input }).toPromise();
    setState({ busy: false, problem: data ? null : (errorWords(error) ?? network.unreachable) });
    if (data) onMade(data.shareConversation);
  }

  return (
    <form className="flex flex-col gap-5" onSubmit={(event) => void submit(event)}>
      <fieldset className="flex flex-col gap-1">
        <legend className="mb-1 text-sm font-medium">{texts.whoMayRead}</legend>
        <Audience
          name={id}
          checked={audience === 'MEMBERS'}
          onPick={() => setAudience('MEMBERS')}
          title={texts.members}
        />
        <Audience
          name={id}
          checked={audience === 'LINK'}
          onPick={() => setAudience('LINK')}
          title={texts.anyone}
          note={rule === 'LINK' ? texts.anyoneMeaning : texts.notAllowed}
          disabled={rule !== 'LINK'}
        />
      </fieldset>
      <div className="flex flex-wrap gap-x-6 gap-y-3">
        <div className="flex flex-col gap-1 text-sm">
          <label htmlFor={`${id}-term`} className="font-medium">
            {texts.ends}
          </label>
          <Select id={`${id}-term`} value={term} onChange={(event) => setTerm(event.target.value)}>
            {terms.map(({ label, days }) => (
              <option key={label} value={days ?? ''}>
                {label}
              </option>
            ))}
          </Select>
        </div>
        {turns.length > 1 ? (
          <div className="flex min-w-0 flex-1 flex-col gap-1 text-sm">
            <label htmlFor={`${id}-through`} className="font-medium">
              {texts.upTo}
            </label>
            <Select
              id={`${id}-through`}
              className="w-full min-w-0 truncate"
              value={through}
              onChange={(event) => setThrough(event.target.value)}
            >
              {[...turns].reverse().map(({ id, prompt }) => (
                <option key={id} value={id}>
                  {beginningOf(prompt)}
                </option>
              ))}
            </Select>
          </div>
        ) : null}
      </div>
      <Extras extras={extras} mayAsk={mayAsk} onChange={setExtras} />
      {state.problem ? <Alert>{state.problem}</Alert> : null}
      <div className="flex justify-end">
        <Button type="submit" variant="primary" disabled={state.busy}>
          {texts.makeLink}
        </Button>
      </div>
    </form>
  );
}

function beginningOf(prompt: string): string {
  const line = prompt.trim().split('\n', 1)[0] ?? '';
  return line.length > 60 ? `${line.slice(0, 60).replace(/[\uD800-\uDBFF]$/, '')}…` : line;
}

interface AudienceProps {
  name: string;
  checked: boolean;
  onPick: () => void;
  title: string;
  note?: string;
  disabled?: boolean;
}

function Audience({ name, checked, onPick, title, note, disabled = false }: AudienceProps) {
  return (
    <label className="flex cursor-pointer gap-3 rounded-md px-2 py-1.5 hover:bg-hover has-disabled:cursor-not-allowed">
      <input
        type="radio"
        name={name}
        checked={checked}
        disabled={disabled}
        onChange={onPick}
        className="mt-1 accent-primary"
      />
      <span className="text-sm">
        <span className={disabled ? 'font-medium text-muted-foreground' : 'font-medium'}>{title}</span>
        {note ? <span className="block text-muted-foreground">{note}</span> : null}
      </span>
    </label>
  );
}

interface ExtrasOf {
  withFigures: boolean;
  withName: boolean;
  asksVerdict: boolean;
}

/** What a share shows beside the texts, and whether it asks for a verdict, which needs answers to compare (`mayAsk`). */
function Extras({
  extras,
  mayAsk,
  onChange,
}: {
  extras: ExtrasOf;
  mayAsk: boolean;
  onChange: (extras: ExtrasOf) => void;
}) {
  return (
    <div className="flex flex-col gap-3">
      <Extra
        title={texts.showFigures}
        note={texts.figuresMeaning}
        checked={extras.withFigures}
        onChange={(withFigures) => onChange({ ...extras, withFigures })}
      />
      <Extra
        title={texts.showName}
        checked={extras.withName}
        onChange={(withName) => onChange({ ...extras, withName })}
      />
      <Extra
        title={texts.askVerdict}
        note={mayAsk ? texts.verdictMeaning : texts.verdictNeeds}
        checked={extras.asksVerdict && mayAsk}
        disabled={!mayAsk}
        onChange={(asksVerdict) => onChange({ ...extras, asksVerdict })}
      />
    </div>
  );
}

interface ExtraProps {
  title: string;
  note?: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}

function Extra({ title, note, checked, disabled = false, onChange }: ExtraProps) {
  return (
    <div className="flex items-start justify-between gap-4 text-sm">
      <span>
        <span className="font-medium">{title}</span>
        {note ? <span className="block text-muted-foreground">{note}</span> : null}
      </span>
      <Switch aria-label={title} checked={checked} disabled={disabled} onCheckedChange={onChange} className="mt-0.5" />
    </div>
  );
}

function Alert({ children }: { children: ReactNode }) {
  return (
    <p role="alert" className="rounded-md bg-destructive-soft px-3 py-2 text-sm text-destructive">
      {children}
    </p>
  );
}
