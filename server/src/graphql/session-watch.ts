import { memberTopic, type Notifications } from '../domain/notifications.ts';
import type { FindViewer } from './context.ts';

/** Between looks at a session that could not be looked up. */
const RECHECK_MS = 1000;

export interface SessionWatch {
  memberId: string;
  credentials: Parameters<FindViewer>[0];
  findViewer: FindViewer;
  notifications: Notifications;
  /** Something about the member has changed: what was looked up before is of no use. */
  onNews?: () => void;
  /** The session has ended, or its key is revoked, or its member suspended. */
  onEnd: () => void;
}

/**
 * What runs on a connection ends with the session that it was opened by: a suspension holds at once.
 *
 * @returns ends the watch
 */
export function watchSession({
  memberId,
  credentials,
  findViewer,
  notifications,
  onNews,
  onEnd,
}: SessionWatch): () => void {
  let watching = true;
  let retry: NodeJS.Timeout | undefined;
  const check = () => {
    clearTimeout(retry);
    findViewer(credentials).then(
      (viewer) => watching && viewer?.id !== memberId && onEnd(),
      () => {
        // The database is away: whoever follows what runs here goes on doing so until it can be asked.
        if (watching) retry = setTimeout(check, RECHECK_MS);
      },
    );
  };
  const unsubscribe = notifications.subscribe(memberTopic(memberId), () => {
    onNews?.();
    check();
  });
  // It may have ended between the look that let it in and now.
  check();
  return () => {
    watching = false;
    clearTimeout(retry);
    unsubscribe();
  };
}
