import { paying as texts } from 'texts:chat';
import { Check, UserRound, UsersRound } from 'lucide-react';
import { usePayers } from '../../frame/payers.tsx';
import { classes } from '../../ui/classes.ts';
import { formatShort } from '../../ui/figures.ts';
import { Menu, MenuContent, MenuLabel, MenuRadioGroup, MenuRadioItem, MenuTrigger } from '../../ui/menu.tsx';

interface PayerChoiceProps {
  /** The id of the team or of the viewer; undefined: the viewer, who has chosen nobody. */
  payerId: string | undefined;
  /** The name of the team that paid in the conversation last, which the viewer may have left; null: none did. */
  lastName: string | null;
  /** The viewer's own credits that are available. */
  ownCredits: number;
  onPayer: (payerId: string) => void;
}

/** Chooses who pays for the prompt, with what is left of each. Nothing is shown to members without a team. */
export function PayerChoice({ payerId, lastName, ownCredits, onPayer }: PayerChoiceProps) {
  const { viewerId, teams, refresh } = usePayers();
  const usable = teams.filter(({ archived }) => !archived);
  const isOwn = payerId === undefined || payerId === viewerId;
  if (usable.length === 0 && isOwn) return null;
  const team = usable.find(({ id }) => id === payerId);
  const isLost = !isOwn && !team;
  const name = isOwn ? texts.you : (team?.name ?? lastName ?? texts.aTeam);
  return (
    <Menu onOpenChange={(open) => (open ? refresh() : undefined)}>
      <MenuTrigger asChild>
        <button
          type="button"
          aria-label={isOwn ? texts.paidByYou : (isLost ? texts.paidByLost : texts.paidBy)({ name })}
          title={isLost ? texts.paysNoMore({ name }) : undefined}
          className={classes(
            'flex h-7 max-w-44 items-center gap-1.5 rounded-md border px-2 text-sm hover:bg-hover data-[state=open]:bg-hover [&_svg]:size-3.5 [&_svg]:shrink-0',
            isOwn ? 'text-muted-foreground' : 'bg-primary-soft text-primary',
            isLost && 'border-warning bg-transparent text-warning',
          )}
        >
          {isOwn ? <UserRound aria-hidden="true" /> : <UsersRound aria-hidden="true" />}
          <bdi className="truncate">{name}</bdi>
          {isLost ? <span aria-hidden="true">⚠</span> : null}
        </button>
      </MenuTrigger>
      <MenuContent side="top" align="start" className="w-80">
        <MenuLabel>{texts.whoPays}</MenuLabel>
        <MenuRadioGroup value={isOwn ? viewerId : (payerId ?? '')} onValueChange={onPayer}>
          <Payer id={viewerId} name={texts.you} left={ownCredits} chosen={isOwn} />
          {usable.map(({ id, name, credits, retentionDays }) => (
            <Payer key={id} id={id} name={name} left={credits.available} chosen={id === payerId} isTeam>
              {retentionDays == null ? null : texts.conversationsStay({ days: retentionDays })}
            </Payer>
          ))}
        </MenuRadioGroup>
      </MenuContent>
    </Menu>
  );
}

interface PayerProps {
  id: string;
  name: string;
  left: number;
  chosen: boolean;
  isTeam?: boolean;
  /** What else there is to know before it is chosen. */
  children?: string | null;
}

function Payer({ id, name, left, chosen, isTeam = false, children = null }: PayerProps) {
  return (
    <MenuRadioItem value={id}>
      {isTeam ? <UsersRound aria-hidden="true" /> : <UserRound aria-hidden="true" />}
      <span className="flex min-w-0 flex-1 flex-col">
        <bdi className="truncate">{name}</bdi>
        {children === null ? null : <span className="text-xs text-muted-foreground">{children}</span>}
      </span>
      <span className="figures text-xs text-muted-foreground" title={texts.credits({ credits: left })}>
        {texts.left({ credits: formatShort(left) })}
      </span>
      <span className="grid w-4 place-items-center">{chosen ? <Check aria-hidden="true" /> : null}</span>
    </MenuRadioItem>
  );
}
