import { toolChoice as texts } from 'texts:tools';
import { useId } from 'react';
import type { KnownToolsQuery } from '../../../graphql/generated/graphql.ts';
import { inSentence } from '../../../languages/lists.ts';
import { sentence } from '../../../languages/sentence.tsx';
import { formatCount, toCount } from '../../../ui/figures.ts';
import { Input } from '../../../ui/input.tsx';
import { Select } from '../../../ui/select.tsx';
import { type Asking, toolsAgent } from '../../turns/asking.ts';
import { type KnownTool, useKnownTools } from './known-tools.ts';
import { mutesOf, withAgent, withTools } from './tool-choice.ts';

interface ToolsFieldProps {
  asking: Asking;
  onAsking: (asking: Asking) => void;
}

/** Chooses what models may use and how the answers are made. It shows nothing where the server offers no tools. */
export default function ToolsField({ asking, onAsking }: ToolsFieldProps) {
  const known = useKnownTools({ fresh: true });
  const id = useId();
  if (!known || known.tools.length === 0) return null;
  const { agent } = asking;
  const toolIds = agent?.toolIds ?? [];
  return (
    <div className="flex flex-col gap-4 border-t pt-4">
      {asking.blind ? <p className="text-muted-foreground">{texts.notBlind}</p> : null}
      <fieldset disabled={asking.blind} className="flex flex-col gap-1">
        <legend className="font-medium">{texts.tools}</legend>
        {known.tools.map((tool) => (
          <ToolOption
            key={tool.id}
            tool={tool}
            checked={toolIds.includes(tool.id)}
            onChange={(checked) =>
              onAsking(withTools(asking, [...toolIds.filter((one) => one !== tool.id), ...(checked ? [tool.id] : [])]))
            }
          />
        ))}
        <Mutes known={known} asking={asking} />
      </fieldset>
      <div className="grid grid-cols-2 gap-4">
        <div className="flex min-w-0 flex-col items-start gap-1">
          <label htmlFor={`${id}-agent`} className="font-medium">
            {texts.agent}
          </label>
          <Select
            id={`${id}-agent`}
            disabled={asking.blind}
            aria-describedby={`${id}-meaning`}
            value={agent?.agentId ?? toolsAgent}
            onChange={(event) => onAsking(withAgent(asking, { agentId: event.target.value }))}
          >
            {known.agents.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
        </div>
        <div className="flex min-w-0 flex-col gap-1">
          <label htmlFor={`${id}-credits`} className="font-medium">
            {texts.mostCredits}
          </label>
          <Input
            id={`${id}-credits`}
            className="figures h-8"
            inputMode="numeric"
            disabled={asking.blind || !agent}
            placeholder={texts.noLimit}
            // The field is the browser's own until it is left: half a number is none.
            key={agent ? 'set' : 'unset'}
            defaultValue={agent?.maxCredits === undefined ? '' : formatCount(agent.maxCredits)}
            onChange={(event) => {
              const credits = toCount(event.target.value);
              onAsking(withAgent(asking, { maxCredits: credits !== null && credits > 0 ? credits : undefined }));
            }}
          />
        </div>
        <p id={`${id}-meaning`} className="col-span-2 text-xs text-muted-foreground">
          {known.agents.find((one) => one.id === (agent?.agentId ?? toolsAgent))?.description}
        </p>
      </div>
    </div>
  );
}

function ToolOption({
  tool,
  checked,
  onChange,
}: {
  tool: KnownTool;
  checked: boolean;
  onChange: (checked: boolean) => void;
}) {
  const id = useId();
  const remarks = [
    ...(tool.serverName === null ? [] : [texts.fromServer({ server: tool.serverName })]),
    ...(tool.needsApproval ? [texts.asksYou] : []),
    ...(tool.priceCredits > 0 ? [texts.priceOf({ credits: formatCount(tool.priceCredits) })] : []),
  ];
  return (
    <label className="flex min-h-9 cursor-pointer items-start gap-2 rounded-sm px-1 py-1.5 hover:bg-hover max-md:min-h-[44px]">
      <input
        type="checkbox"
        className="mt-0.5 size-4 shrink-0 accent-primary"
        checked={checked}
        aria-describedby={id}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span className="min-w-0">
        <bdi>{tool.name}</bdi>
        <span id={id} className="block text-xs text-muted-foreground">
          <span className="line-clamp-2 wrap-anywhere">
            <bdi>{tool.description}</bdi>
          </span>
          {remarks.length > 0 ? <span className="block">{remarks.join(' · ')}</span> : null}
        </span>
      </span>
    </label>
  );
}

function Mutes({ known, asking }: { known: KnownToolsQuery; asking: Asking }) {
  const mutes = mutesOf(known, asking);
  if (mutes.length === 0) return null;
  return (
    <p className="text-xs text-warning">
      <span aria-hidden="true">⚠ </span>
      {sentence(texts.cannotUse, { models: inSentence(mutes), count: mutes.length })}
    </p>
  );
}
