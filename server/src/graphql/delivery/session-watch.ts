import { memberTopic, type Notifications } from '../../domain/ground/notifications.ts';
import type { FindViewer } from '../ground/context.ts';

/** Between looks at a session that could not be looked up, or that this machine's clock takes for expired and the database's does not. */
const RECHECK_MS = 1000;
/** Most sessions last longer: one time for all of them costs a timer next to nothing. */
const EXPIRY_CHECK_MS = 3_600_000;

export interface SessionWatch {
  memberId: string;
  credentials: Parameters<FindViewer>[0];
  findViewer: FindViewer;
  notifications: Notifications;
  /** Something about the member has changed: what was looked up before is of no use. */
  onNews?: () => void;
  /** The session has ended or expired, or its key is revoked, or its member suspended. */
  onEnd: () => void;
}

/**
 * What runs on a connection ends with the session or the key that it was opened by: a suspension holds at once, and so
 * does an expiry.
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
  let timer: NodeJS.Timeout | undefined;
  const check = () => {
    clearTimeout(timer);
    findViewer(credentials).then(
      (viewer) => {
        if (!watching) return;
        if (viewer?.id === memberId) awaitExpiry(viewer.expiresAt);
        else onEnd();
      },
      () => {
        // The database is away: whoever follows what runs here goes on doing so until it can be asked.
        if (watching) setTimer(check, RECHECK_MS);
      },
    );
  };
  const awaitExpiry = (expiresAt: Date | null) => {
    if (!expiresAt) return;
    const leftMs = expiresAt.getTime() - Date.now();
    if (leftMs > EXPIRY_CHECK_MS) setTimer(() => awaitExpiry(expiresAt), EXPIRY_CHECK_MS);
    // Looked up again: a session in use is prolonged.
    else setTimer(check, Math.max(leftMs, RECHECK_MS));
  };
  const setTimer = (act: () => void, ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(act, ms).unref();
  };
  const unsubscribe = notifications.subscribe(memberTopic(memberId), () => {
    onNews?.();
    check();
  });
  // It may have ended between the look that let it in and now.
  check();
  return () => {
    watching = false;
    clearTimeout(timer);
    unsubscribe();
  };
}
