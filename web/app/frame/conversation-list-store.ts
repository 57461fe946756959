import { list as texts } from 'texts:chat';
import { network } from 'texts:everywhere';
import type { Client } from '@urql/core';
import { nodesOf } from '../graphql/connection.ts';
import {
  ConversationsDocument,
  type ConversationsQuery,
  type ConversationsQueryVariables,
  DeleteConversationDocument,
  UpdateConversationDocument,
  type UpdateConversationInput,
} from '../graphql/generated/graphql.ts';
import { errorWords } from '../graphql/refusal.ts';
import type { Toast } from '../ui/toast.tsx';
import {
  type ConversationFilter,
  type ConversationItem,
  isSameFilter,
  isStale,
  knownItems,
  type ListEvent,
  type ListState,
  listPage,
  reduceList,
} from './conversation-list-state.ts';

export const conversationsAtOnce = 30;
const searchPauseMs = 200;
const undoMs = 6000;

/** Called with what has changed the list, and the list before that. */
type ListListener = (event: ListEvent, before: ListState) => void;

/** The member's conversations: the first page as it was loaded, then as the member searches, scrolls and changes them. */
export class ConversationListStore {
  readonly #client: Client;
  readonly #toast: (toast: Toast) => void;
  #state: ListState;
  readonly #listeners = new Set<ListListener>();
  #searchTimer: ReturnType<typeof setTimeout> | undefined;
  /** The deletions that can still be undone, by the conversation's id. */
  readonly #doomed = new Map<string, () => void>();

  constructor(client: Client, toast: (toast: Toast) => void, first: ListState) {
    this.#client = client;
    this.#toast = toast;
    this.#state = first;
  }

  readonly read = (): ListState => this.#state;

  readonly subscribe = (listener: ListListener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly setFilter = (next: ConversationFilter): void => {
    const { filter, page } = this.#state;
    this.apply({ type: 'filterChanged', filter: next });
    clearTimeout(this.#searchTimer);
    if (isSameFilter(page.filter, next)) return;
    const pauseMs = next.search === filter.search ? 0 : searchPauseMs;
    this.#searchTimer = setTimeout(() => void this.#load(next, null), pauseMs);
  };

  /**
   * Loads the next page. After a failure it does nothing: the end of the list calls this whenever it is in view, and must
   * not ask an API that is away again and again.
   */
  readonly loadMore = (): void => {
    const { page, filter, progress } = this.#state;
    if (page.cursor && !isStale(this.#state) && progress === 'done') void this.#load(filter, page.cursor);
  };

  /** Repeats the query that failed. */
  readonly retry = (): void => {
    const { page, filter, progress } = this.#state;
    if (progress === 'failed') void this.#load(filter, isStale(this.#state) ? null : page.cursor);
  };

  /** Loads the first page anew, without a sign of it until it is there. */
  async refresh(): Promise<void> {
    const { filter, page, progress, question, changes } = this.#state;
    // A member who has gone further down, or is searching, keeps the items that they are looking at.
    if (filter.search || page.items.length > conversationsAtOnce || progress === 'loading') return;
    const { data } = await this.#client.query(ConversationsDocument, variablesOf(filter, null)).toPromise();
    if (!data) return;
    const fresh = listPage(data.conversations, filter);
    this.apply({ type: 'refreshed', question, changes, page: fresh, pinned: pinnedOf(data) });
  }

  /** Loads the first page anew, also for a member who has gone further down. */
  readonly reload = (): void => void this.#load(this.#state.filter, null);

  /** Puts a conversation that began or went on at the top. */
  readonly touch = (item: ConversationItem): void => this.apply({ type: 'touched', item });

  /** Shows a title that was changed elsewhere. */
  readonly retitle = ({ id, title }: { id: string; title: string }): void => {
    const { titles } = this.#state;
    const shown = knownItems(this.#state).find((item) => item.id === id)?.title ?? titles.get(id);
    if (shown !== title) this.apply({ type: 'retitled', id, title });
  };

  /** Resolves to whether the API took the change. If it did not, the change is undone and the member is told. */
  readonly update = async (input: UpdateConversationInput): Promise<boolean> => {
    const before = knownItems(this.#state).find((item) => item.id === input.id);
    const { id, title, pinned, archived } = input;
    // Only the fields of this change are set: another change may be on its way, or may have been taken meanwhile.
    const change = (item: Pick<ConversationItem, 'title' | 'pinned' | 'archived'>) => {
      const fields = {
        ...(title == null ? {} : { title: item.title }),
        ...(pinned == null ? {} : { pinned: item.pinned }),
        ...(archived == null ? {} : { archived: item.archived }),
      };
      this.apply({ type: 'changed', id, fields });
    };
    change({ title: title ?? '', pinned: pinned ?? false, archived: archived ?? false });
    const { data, error } = await this.#client.mutation(UpdateConversationDocument, { input }).toPromise();
    if (data) change(data.updateConversation);
    if (!error) return true;
    if (before) change(before);
    this.#toast({ text: errorWords(error) ?? network.unreachable });
    return false;
  };

  /** Moves a conversation into the archive or out of it, which can be undone for some seconds. */
  readonly archive = async ({ id, title }: ConversationItem, archived: boolean): Promise<void> => {
    if (!(await this.update({ id, archived }))) return;
    this.#toast({
      text: (archived ? texts.archivedNow : texts.unarchivedNow)({ title }),
      action: { label: texts.undo, run: () => void this.update({ id, archived: !archived }) },
      durationMs: undoMs,
    });
  };

  /** Removes a conversation at once, and for good after some seconds in which it can be undone: then `onUndo` is called. */
  readonly remove = ({ id, title }: ConversationItem, onUndo?: () => void): void => {
    this.apply({ type: 'removed', id });
    const restore = () => {
      this.#doomed.delete(id);
      this.apply({ type: 'restored', id });
    };
    const commit = async () => {
      if (!this.#doomed.delete(id)) return;
      const kept = { fetchOptions: { keepalive: true } };
      const { error } = await this.#client.mutation(DeleteConversationDocument, { id }, kept).toPromise();
      if (!error) return;
      restore();
      this.#toast({ text: texts.notDeleted({ title }) });
    };
    this.#doomed.set(id, () => void commit());
    const undo = () => {
      restore();
      onUndo?.();
    };
    this.#toast({
      text: texts.deletedNow({ title }),
      action: { label: texts.undo, run: undo },
      onExpire: () => void commit(),
      durationMs: undoMs,
    });
  };

  /** Deletes for good without the wait. The page calls this when it goes. */
  readonly commitRemovals = (): void => {
    for (const commit of [...this.#doomed.values()]) commit();
  };

  async #load({ archived, ...filter }: ConversationFilter, after: string | null): Promise<void> {
    const wanted = { search: filter.search.trim(), archived };
    this.apply({ type: 'asked' });
    const { question } = this.#state;
    const { data } = await this.#client.query(ConversationsDocument, variablesOf(wanted, after)).toPromise();
    if (!data) return this.apply({ type: 'unanswered', question });
    const page = listPage(data.conversations, wanted);
    this.apply({ type: 'answered', question, page, pinned: pinnedOf(data), isNext: after !== null });
  }

  /** Changes the list as the event says. */
  readonly apply = (event: ListEvent): void => {
    const before = this.#state;
    this.#state = reduceList(before, event);
    if (this.#state !== before) for (const listener of [...this.#listeners]) listener(event, before);
  };
}

/** A search and the archive look into folders too. Their pinned conversations stand where the others do. */
function variablesOf({ search, archived }: ConversationFilter, after: string | null): ConversationsQueryVariables {
  const isFiltered = search !== '' || archived;
  return {
    ...{ first: conversationsAtOnce, after, search: search || null, archived },
    ...(!isFiltered && { folderId: null, withPinned: after === null }),
  };
}

function pinnedOf({ pinned }: ConversationsQuery): ConversationItem[] {
  return pinned ? nodesOf(pinned) : [];
}
