import { toolChoice as texts } from 'texts:tools';
import { Wrench, X } from 'lucide-react';
import { useEffect } from 'react';
import { inSentence } from '../../../languages/lists.ts';
import { sentence } from '../../../languages/sentence.tsx';
import { formatCount } from '../../../ui/figures.ts';
import { type Asking, toolsAgent } from '../../turns/asking.ts';
import { useKnownTools } from './known-tools.ts';
import { mutesOf, withTools } from './tool-choice.ts';

export interface ChosenToolsProps {
  asking: Asking;
  /** What each answer may take; null: it is not known yet. */
  budget: { steps: number; minutes: number } | null;
  onAsking: (asking: Asking) => void;
}

/** The tools and the agent of the prompt in one line, and which of its models cannot use them. */
export default function ToolsLine({ asking, budget, onAsking }: ChosenToolsProps) {
  const known = useKnownTools();
  const { agent } = asking;
  const gone = known && agent ? agent.toolIds.filter((id) => known.tools.every((tool) => tool.id !== id)) : [];
  // A prompt with a tool that is not offered any more would be refused.
  useEffect(() => {
    if (gone.length > 0 && agent) {
      onAsking(
        withTools(
          asking,
          agent.toolIds.filter((id) => !gone.includes(id)),
        ),
      );
    }
  });
  if (!known || !agent) return <p className="h-7" />;
  const names = known.tools.filter(({ id }) => agent.toolIds.includes(id)).map(({ name }) => name);
  const agentName =
    agent.agentId && agent.agentId !== toolsAgent && known.agents.find(({ id }) => id === agent.agentId);
  const mutes = names.length > 0 ? mutesOf(known, asking) : [];
  return (
    <div className="flex flex-col gap-1 px-4 pb-2 text-sm text-muted-foreground">
      <p className="flex min-h-6 items-center gap-2">
        <Wrench className="size-4 shrink-0" aria-hidden="true" />
        <span className="line-clamp-2 min-w-0">
          {agentName ? sentence(texts.writtenBy, { agent: <bdi>{agentName.name}</bdi> }) : null}
          {agentName && names.length > 0 ? ' ' : null}
          {names.length > 0 ? sentence(texts.mayUse, { tools: inSentence(names) }) : null}
          {agent.maxCredits === undefined ? null : ` ${texts.costsUpTo({ credits: formatCount(agent.maxCredits) })}`}
        </span>
        <button
          type="button"
          aria-label={texts.useNone}
          title={texts.useNone}
          className="grid size-6 shrink-0 place-items-center rounded-sm hover:bg-hover hover:text-foreground max-md:size-[44px]"
          onClick={() => onAsking({ ...asking, agent: undefined })}
        >
          <X className="size-3.5" />
        </button>
      </p>
      {budget ? <p className="text-xs">{texts.endsAfter(budget)}</p> : null}
      {mutes.length > 0 ? (
        <p className="text-warning">
          <span aria-hidden="true">⚠ </span>
          {sentence(texts.cannotUse, { models: inSentence(mutes), count: mutes.length })}
        </p>
      ) : null}
    </div>
  );
}
