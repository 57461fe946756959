import { users as texts } from 'texts:admin';
import { Ellipsis, KeyRound, ShieldOff, Trash2 } from 'lucide-react';
import { useState } from 'react';
import {
  DeleteMemberDocument,
  RemoveTwoFactorDocument,
  type UserFieldsFragment,
} from '../graphql/generated/graphql.ts';
import { Button } from '../ui/button.tsx';
import { Menu, MenuContent, MenuItem, MenuTrigger } from '../ui/menu.tsx';
import { Question } from '../ui/question.tsx';
import type { Acting } from './acting.ts';
import { ResetLink } from './reset-link.tsx';

interface MemberMenuProps {
  user: UserFieldsFragment;
  isViewer: boolean;
  acting: Acting;
}

/** What an admin seldom does with a member. Both are asked about first, since neither can be undone. */
export function MemberMenu({ user, isViewer, acting }: MemberMenuProps) {
  const { id, name, twoFactor } = user;
  const [resets, setResets] = useState(false);
  const remove = () => void acting.act(id, RemoveTwoFactorDocument, { userId: id }, texts.factorRemoved({ name }));
  const destroy = () => void acting.act(id, DeleteMemberDocument, { userId: id }, texts.accountDeleted({ name }));
  return (
    <>
      {resets ? <ResetLink user={user} onClose={() => setResets(false)} /> : null}
      <Question
        title={isViewer ? texts.deleteOwn : texts.deleteAsk({ name })}
        text={texts.deleteWhy}
        yes={texts.deleteYes}
        onYes={destroy}
      >
        {(askToDelete) => (
          <Question
            title={texts.removeFactorAsk({ name })}
            text={texts.removeFactorWhy}
            yes={texts.removeFactorYes}
            onYes={remove}
          >
            {(askToRemove) => (
              <Menu>
                <MenuTrigger asChild>
                  <Button size="icon" variant="ghost" disabled={acting.busy.has(id)} aria-label={texts.more({ name })}>
                    <Ellipsis />
                  </Button>
                </MenuTrigger>
                <MenuContent align="end">
                  <MenuItem onSelect={() => setResets(true)}>
                    <KeyRound /> {texts.resetPassword}
                  </MenuItem>
                  <MenuItem disabled={!twoFactor} onSelect={askToRemove}>
                    <ShieldOff /> {texts.removeFactor}
                  </MenuItem>
                  <MenuItem onSelect={askToDelete}>
                    <Trash2 /> {texts.deleteAccount}
                  </MenuItem>
                </MenuContent>
              </Menu>
            )}
          </Question>
        )}
      </Question>
    </>
  );
}
