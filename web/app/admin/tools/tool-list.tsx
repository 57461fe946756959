import { tools as texts } from 'texts:admin';
import {
  type AdminToolsQuery,
  SetToolsDocument,
  type ToolSetupFieldsFragment,
  type ToolState,
} from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { formatCount } from '../../ui/figures.ts';
import { Switch } from '../../ui/switch.tsx';
import type { Acting } from '../acting.ts';
import { Refusal } from '../catalogue/field.tsx';
import { ToolForm } from './tool-form.tsx';
import { ToolReader } from './tool-reader.tsx';

const states: Record<ToolState, { sign: string; word: string; look: string } | null> = {
  BUILT_IN: null,
  ACCEPTED: null,
  NEW: { sign: '○', word: texts.isNew, look: 'text-muted-foreground' },
  CHANGED: { sign: '⚠', word: texts.isChanged, look: 'text-warning' },
  GONE: { sign: '■', word: texts.isGone, look: 'text-muted-foreground' },
};

interface ToolListProps extends Pick<AdminToolsQuery, 'tiers' | 'teams'> {
  label: string;
  tools: readonly ToolSetupFieldsFragment[];
  acting: Acting;
}

/** Tools with who may use them. */
export function ToolList({ label, tools, ...shared }: ToolListProps) {
  return (
    <ul className="flex flex-col divide-y" aria-label={label}>
      {tools.map((tool) => (
        <Item key={tool.id} tool={tool} {...shared} />
      ))}
    </ul>
  );
}

function Item({
  tool,
  tiers,
  teams,
  acting,
}: Omit<ToolListProps, 'label' | 'tools'> & { tool: ToolSetupFieldsFragment }) {
  const { id, name, state, enabled, description } = tool;
  const told = states[state];
  const title = description?.title ?? name;
  const isUsable = state === 'ACCEPTED' || state === 'BUILT_IN';
  return (
    <li className="flex flex-col gap-1 px-4 py-2.5">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 max-md:basis-full">
          <p className="flex flex-wrap items-baseline gap-x-2 wrap-anywhere">
            <span className="font-medium">{title}</span>
            {title === name ? null : <code className="font-mono text-xs text-muted-foreground">{name}</code>}
            {told === null ? null : (
              <span className={`text-sm ${told.look}`}>
                <span aria-hidden="true">{told.sign}</span> {told.word}
              </span>
            )}
          </p>
          <p className="text-sm text-muted-foreground">{describe(tool)}</p>
        </div>
        <div className="flex items-center gap-2 max-md:-ms-3">
          {description === null ? null : (
            <ToolReader tools={[tool]} acting={acting}>
              {(open) => (
                <Button size="small" variant="ghost" onClick={open} aria-label={texts.descriptionOf({ name: title })}>
                  {texts.description}
                </Button>
              )}
            </ToolReader>
          )}
          {isUsable ? (
            <>
              <ToolForm tool={tool} tiers={tiers} teams={teams} acting={acting}>
                {(open) => (
                  <Button size="small" variant="ghost" onClick={open} aria-label={texts.whoOf({ name: title })}>
                    {texts.who}
                  </Button>
                )}
              </ToolForm>
              <Switch
                aria-label={texts.toolOn({ name: title })}
                checked={enabled}
                disabled={acting.busy.has(id)}
                onCheckedChange={(on) =>
                  void acting.act(
                    id,
                    SetToolsDocument,
                    { input: { ids: [id], enabled: on } },
                    on ? texts.isOn({ name: title }) : texts.isOff({ name: title }),
                  )
                }
              />
            </>
          ) : null}
        </div>
      </div>
      <Refusal text={acting.refusals.get(id)} />
    </li>
  );
}

function describe(tool: ToolSetupFieldsFragment): string {
  const { description, needsApproval, usuallyNeedsApproval, tiers, teams, priceCredits, state } = tool;
  const readOnly = description?.readOnly === true;
  const asks = needsApproval ?? usuallyNeedsApproval;
  const parts = [
    readOnly ? texts.readsOnly : texts.changesThings,
    state === 'NEW' ? null : asks ? texts.asksFirst : texts.asksNobody,
    tiers === null ? null : texts.onlyPlans({ plans: tiers.length }),
    teams === null ? null : texts.onlyTeams({ teams: teams.map(({ name }) => name).join(', ') }),
    priceCredits === 0 ? null : texts.price({ credits: formatCount(priceCredits) }),
  ];
  return parts.filter(Boolean).join(' · ');
}
