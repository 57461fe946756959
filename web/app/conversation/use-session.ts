import { useLocation, useNavigate, useNavigation, useParams } from '@remix-run/react';
import { useCallback, useEffect, useState } from 'react';
import { fromAddressId } from '../graphql/address-id.ts';
import { useBrowserLayoutEffect } from '../ui/browser/layout-effect.ts';
import { addressOf, beginSession, continueSession, type Loaded, type Session, throughIn } from './session.ts';

/** Changes the session with this number, unless another one has followed it. */
export type UpdateSession = (number: number, change: (session: Session) => Session) => void;

/** The session at the browser's address. When a prompt makes a conversation or a branch, the address follows. */
export function useSession(loaded: Loaded): [session: Session, update: UpdateSession] {
  const params = useParams();
  const { key, search } = useLocation();
  const id = conversationIn(params.id);
  const { state } = useNavigation();
  const navigate = useNavigate();
  const [kept, keep] = useState(() => beginSession(loaded, { id, key }));
  const session = continueSession(kept, loaded, { id, key });
  if (session !== kept) keep(session);
  const update = useCallback<UpdateSession>((number, change) => {
    keep((now) => (now.number === number ? change(now) : now));
  }, []);

  const { head, through } = session;
  const shownId = head?.id;
  useBrowserLayoutEffect(() => {
    shown = shownId === undefined ? null : { id: shownId, through };
    return () => {
      shown = null;
    };
  }, [shownId, through]);

  const address = addressOf(session);
  const isThere = shownId === id && through === throughIn(new URLSearchParams(search));
  useEffect(() => {
    // A member who is on the way to another page is not called back.
    if (address === null || isThere || state !== 'idle') return;
    navigate(address, { replace: id === undefined });
  }, [address, isThere, state, id, navigate]);

  return [session, update];
}

/** The branch that the page shows; null if it shows none. */
let shown: { id: string; through: string | null } | null = null;

/** The id of the conversation in a path; undefined: it is a new chat's. */
export function conversationIn(id: string | undefined): string | undefined {
  return id === undefined ? undefined : fromAddressId('Conversation', id);
}

/** Whether the page already shows this branch. The router asks before it loads anything, and can ask no component. */
export function isShown(id: string | undefined, through: string | null): boolean {
  return shown !== null && shown.id === id && shown.through === through;
}
