import { tools as texts } from 'texts:admin';
import { type FormEvent, type ReactNode, useState } from 'react';
import {
  type AdminToolsQuery,
  SetToolsDocument,
  type TierId,
  type ToolSetupFieldsFragment,
} from '../../graphql/generated/graphql.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog, DialogContent, DialogDescription, DialogTitle } from '../../ui/dialog.tsx';
import { Input } from '../../ui/input.tsx';
import { Select } from '../../ui/select.tsx';
import type { Acting } from '../acting.ts';
import { Field, Refusal } from '../catalogue/field.tsx';

interface ToolFormProps extends Pick<AdminToolsQuery, 'tiers' | 'teams'> {
  tool: ToolSetupFieldsFragment;
  acting: Acting;
  children: (open: () => void) => ReactNode;
}

/** A dialog in which an admin decides who may use a tool, who is asked before, and what a call costs. */
export function ToolForm({ children, ...props }: ToolFormProps) {
  const [open, setOpen] = useState(false);
  const { description, name } = props.tool;
  return (
    <>
      {children(() => setOpen(true))}
      <Dialog open={open} onOpenChange={setOpen}>
        <DialogContent className="max-h-[90vh] overflow-y-auto">
          <DialogTitle>{description?.title ?? name}</DialogTitle>
          <DialogDescription className="mt-1 text-sm text-muted-foreground">{texts.whoWhy}</DialogDescription>
          <Fields {...props} onDone={() => setOpen(false)} />
        </DialogContent>
      </Dialog>
    </>
  );
}

function Fields({ tool, tiers, teams, acting, onDone }: Omit<ToolFormProps, 'children'> & { onDone: () => void }) {
  const { id, name, needsApproval, usuallyNeedsApproval, priceCredits } = tool;
  const inUse = teams.filter((team) => !team.archived || tool.teams?.some((one) => one.id === team.id));

  async function save(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const chosenTiers = form.getAll('tier') as TierId[];
    const chosenTeams = form.getAll('team').map(String);
    const approval = form.get('approval');
    const input = {
      ids: [id],
      // All of them are everybody, also when there is one more.
      tiers: chosenTiers.length === 0 || chosenTiers.length === tiers.length ? null : chosenTiers,
      teamIds: chosenTeams.length === 0 ? null : chosenTeams,
      needsApproval: approval === 'default' ? null : approval === 'always',
      priceCredits: Number(form.get('price') || 0),
    };
    if (await acting.act(id, SetToolsDocument, { input }, texts.storedTool({ name: tool.description?.title ?? name })))
      onDone();
  }

  return (
    <form className="mt-4 flex flex-col gap-4" onSubmit={(event) => void save(event)}>
      <fieldset className="flex flex-col gap-1">
        <legend className="mb-1 text-sm font-medium">{texts.plans}</legend>
        {tiers.map((tier) => (
          <label key={tier.id} className="flex items-center gap-2 text-sm">
            <input
              type="checkbox"
              name="tier"
              value={tier.id}
              defaultChecked={tool.tiers?.includes(tier.id) ?? true}
              className="accent-primary"
            />
            {tier.name}
          </label>
        ))}
      </fieldset>
      {inUse.length > 0 ? (
        <fieldset className="flex max-h-48 flex-col gap-1 overflow-y-auto">
          <legend className="mb-1 text-sm font-medium">{texts.teams}</legend>
          {inUse.map((team) => (
            <label key={team.id} className="flex items-center gap-2 text-sm">
              <input
                type="checkbox"
                name="team"
                value={team.id}
                defaultChecked={tool.teams?.some((one) => one.id === team.id) ?? false}
                className="accent-primary"
              />
              <span className="min-w-0 wrap-anywhere">{team.name}</span>
            </label>
          ))}
        </fieldset>
      ) : null}
      <Field label={texts.approval} {...(tool.server ? { hint: texts.approvalHint } : {})}>
        {(field) => (
          <Select
            id={field}
            name="approval"
            className="h-9 w-full"
            defaultValue={needsApproval === null ? 'default' : needsApproval ? 'always' : 'never'}
          >
            <option value="default">{usuallyNeedsApproval ? texts.usuallyAlways : texts.usuallyNever}</option>
            <option value="always">{texts.always}</option>
            <option value="never">{texts.never}</option>
          </Select>
        )}
      </Field>
      <Field label={texts.priceOfCall}>
        {(field) => (
          <Input
            id={field}
            name="price"
            type="number"
            min={0}
            step={1}
            className="h-9 tabular-nums"
            defaultValue={priceCredits}
          />
        )}
      </Field>
      <Refusal text={acting.refusals.get(id)} />
      <div className="flex justify-end">
        <Button type="submit" variant="primary" disabled={acting.busy.has(id)}>
          {texts.save}
        </Button>
      </div>
    </form>
  );
}
