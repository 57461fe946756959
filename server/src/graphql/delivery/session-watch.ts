import { memberTopic, type Notifications } from '../../domain/ground/notifications.ts';
import type { FindViewer } from '../ground/context.ts';

/**
 * How long to wait before looking again at a session that could not be looked up, or that is expired by this machine's
 * clock but not by the database's.
 */
const RECHECK_MS = 1000;
/** The longest timer. Most sessions last longer: timers of one length cost Node next to nothing. */
const EXPIRY_CHECK_MS = 3_600_000;

export interface SessionWatch {
  memberId: string;
  credentials: Parameters<FindViewer>[0];
  findViewer: FindViewer;
  notifications: Notifications;
  /** Called when something about the member has changed: what was looked up before is out of date. */
  onNews?: () => void;
  /** Called when the session has ended or expired, its key is revoked, or its member suspended. */
  onEnd: () => void;
}

/**
 * Watches the session or the key by which a connection was opened, so that what runs on the connection ends with it: at
 * once after a suspension or an expiry.
 *
 * @returns a function that ends the watch
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
        // The database is away: the connection stays open until it can be asked.
        if (watching) setTimer(check, RECHECK_MS);
      },
    );
  };
  const awaitExpiry = (expiresAt: Date | null) => {
    if (!expiresAt) return;
    const leftMs = expiresAt.getTime() - Date.now();
    if (leftMs > EXPIRY_CHECK_MS) setTimer(() => awaitExpiry(expiresAt), EXPIRY_CHECK_MS);
    // The session is looked up again, since a session in use is prolonged.
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
  // The session may have ended since the look-up that let it in.
  check();
  return () => {
    watching = false;
    clearTimeout(timer);
    unsubscribe();
  };
}
