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
  const remove = () =>
    void acting.act(id, RemoveTwoFactorDocument, { userId: id }, `${name} signs in with the password alone now.`);
  const destroy = () => void acting.act(id, DeleteMemberDocument, { userId: id }, `The account of ${name} is deleted.`);
  return (
    <>
      {resets ? <ResetLink user={user} onClose={() => setResets(false)} /> : null}
      <Question
        title={isViewer ? 'Delete your own account?' : `Delete the account of ${name}?`}
        text="Sessions and keys end at once, answers in progress stop, and all conversations are deleted for good. What was spent stays in the books, without the name. This cannot be undone."
        yes="Delete for good"
        onYes={destroy}
      >
        {(askToDelete) => (
          <Question
            title={`Remove the second factor of ${name}?`}
            text="Do this for somebody who has lost their phone and the backup codes, and only if you are sure that it is they who ask. The password alone signs in then."
            yes="Remove it"
            onYes={remove}
          >
            {(askToRemove) => (
              <Menu>
                <MenuTrigger asChild>
                  <Button size="icon" variant="ghost" disabled={acting.busy.has(id)} aria-label={`More about ${name}`}>
                    <Ellipsis />
                  </Button>
                </MenuTrigger>
                <MenuContent align="end">
                  <MenuItem onSelect={() => setResets(true)}>
                    <KeyRound /> Reset password
                  </MenuItem>
                  <MenuItem disabled={!twoFactor} onSelect={askToRemove}>
                    <ShieldOff /> Remove second factor
                  </MenuItem>
                  <MenuItem onSelect={askToDelete}>
                    <Trash2 /> Delete account
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
