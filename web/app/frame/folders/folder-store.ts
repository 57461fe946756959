import { folders as texts } from 'texts:tools';
import { toAddressId } from '../../graphql/address-id.ts';
import { nodesOf } from '../../graphql/connection.ts';
import {
  ConversationsDocument,
  type ConversationsQuery,
  CreateFolderDocument,
  DeleteFolderDocument,
  type FolderInput,
  FoldersDocument,
  MoveConversationsDocument,
  UpdateFolderDocument,
} from '../../graphql/generated/graphql.ts';
import { errorWords } from '../../graphql/refusal.ts';
import { remember } from '../../ui/browser/memory.ts';
import type { ConversationItem } from '../conversation-list-state.ts';
import { itemsInFolder, knownItems } from '../conversation-list-state.ts';
import { conversationsAtOnce } from '../conversation-list-store.ts';
import type { FolderGround } from './folders-context.ts';
import { type FolderPage, type FoldersEvent, type FoldersState, moveIn, reduceFolders } from './folders-state.ts';
import { keptOpen } from './kept-open.ts';

type FolderOf = NonNullable<ConversationItem['folder']>;
type Conversations = ConversationsQuery['conversations'];

const undoMs = 6000;

/** The member's folders. The list of conversations holds what is in them (ConversationListStore). */
export class FolderStore {
  readonly #ground: FolderGround;
  #state: FoldersState;
  readonly #listeners = new Set<() => void>();

  constructor(ground: FolderGround) {
    const { list, loaded } = ground;
    this.#ground = ground;
    const pages = loaded.open.map(({ id, conversations }): [string, FolderPage] => {
      return [id, { cursor: cursorOf(conversations), progress: 'done', question: 0 }];
    });
    this.#state = {
      folders: loaded.folders,
      open: loaded.open.map(({ id }) => id),
      pages: new Map(pages),
      changes: 0,
    };
    list.subscribe((event, before) => {
      const moved = moveIn(event, before, list.read());
      if (moved) this.#apply({ type: 'moved', ...moved });
      if (event.type !== 'touched' || !event.item.folder) return;
      // It may have begun in its folder just now, or have been there all along: the server has counted.
      if (!knownItems(before).some(({ id }) => id === event.item.id)) void this.#loadFolders();
    });
  }

  readonly read = (): FoldersState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Opens a folder or closes it, which this browser remembers. */
  readonly toggle = (id: string): void => {
    this.#apply({ type: 'toggled', id });
    this.#rememberOpen();
    if (this.#state.open.includes(id) && !this.#state.pages.has(id)) void this.#load(id, null);
  };

  /** Loads the next page of a folder, or the one that could not be loaded. */
  readonly loadMore = (id: string): void => {
    const page = this.#state.pages.get(id);
    if (page && page.progress !== 'loading') void this.#load(id, page.cursor);
  };

  /** Loads the folders and the first page of each open one anew, without a sign of it until they are there. */
  async refresh(): Promise<void> {
    await this.#loadFolders();
    const { list } = this.#ground;
    for (const [id, { progress }] of this.#state.pages) {
      // A member who has gone further down keeps what they are looking at.
      const isLong = itemsInFolder(list.read(), id).length > conversationsAtOnce;
      if (progress === 'done' && !isLong) void this.#load(id, null, true);
    }
  }

  /** Makes a folder. Resolves to it, or to why it was refused. */
  async create(input: FolderInput): Promise<FolderOf | string> {
    const { data, error } = await this.#ground.client.mutation(CreateFolderDocument, { input }).toPromise();
    if (!data) return errorWords(error) ?? texts.unreached;
    this.#apply({ type: 'saved', folder: data.createFolder });
    this.#ground.tell();
    // It is empty, and known to be.
    const { id } = data.createFolder;
    this.#apply({ type: 'asked', id, isQuiet: true });
    this.#apply({ type: 'answered', id, question: 1, cursor: null });
    this.toggle(id);
    return data.createFolder;
  }

  /** Resolves to why the change was refused; null: it is made. */
  async update(id: string, input: FolderInput): Promise<string | null> {
    const { data, error } = await this.#ground.client.mutation(UpdateFolderDocument, { id, input }).toPromise();
    if (!data) return errorWords(error) ?? texts.unreached;
    const { name } = data.updateFolder;
    this.#apply({ type: 'saved', folder: data.updateFolder });
    this.#ground.tell();
    this.#ground.list.apply({ type: 'folderChanged', id, folder: { id, name } });
    return null;
  }

  /** Deletes a folder; its conversations stay. Resolves to why that was refused; null: it is gone. */
  async remove(id: string): Promise<string | null> {
    const { client, list } = this.#ground;
    const { data, error } = await client.mutation(DeleteFolderDocument, { id }).toPromise();
    const isGone = error?.graphQLErrors[0]?.extensions.code === 'NOT_FOUND';
    if (!data && !isGone) return errorWords(error) ?? texts.unreached;
    this.#apply({ type: 'deleted', id });
    this.#ground.tell();
    this.#rememberOpen();
    list.apply({ type: 'folderChanged', id, folder: null });
    list.reload();
    return null;
  }

  /** Moves a conversation at once; null: out of all folders. If the API refuses, it goes back and the member is told. */
  async move(item: ConversationItem, to: FolderOf | null, { isUndo = false } = {}): Promise<void> {
    const { client, toast } = this.#ground;
    const from = item.folder ?? null;
    if (from?.id === to?.id) return;
    this.#place(item, from, to);
    const variables = { ids: [item.id], folderId: to?.id ?? null };
    const { error } = await client.mutation(MoveConversationsDocument, variables).toPromise();
    if (error) {
      this.#place(item, to, from);
      toast({ text: errorWords(error) ?? texts.unreached });
      // The folder may be gone.
      if (error.graphQLErrors.length > 0) void this.refresh();
      return;
    }
    this.#ground.tell();
    if (isUndo) return;
    const undo = () => void this.move({ ...item, folder: to }, from, { isUndo: true });
    toast({
      text: to
        ? texts.moved({ title: item.title, folder: to.name })
        : texts.movedOut({ title: item.title, folder: from?.name ?? '' }),
      action: { label: texts.undo, run: undo },
      durationMs: undoMs,
    });
  }

  #place(item: ConversationItem, from: FolderOf | null, to: FolderOf | null): void {
    const { list } = this.#ground;
    const known = knownItems(list.read()).find(({ id }) => id === item.id) ?? item;
    list.apply({ type: 'placed', item: { ...known, folder: to } });
    if (known.archived) return;
    this.#apply({ type: 'moved', from: from?.id ?? null, to: to?.id ?? null });
  }

  async #loadFolders(): Promise<void> {
    const { changes } = this.#state;
    const { data } = await this.#ground.client.query(FoldersDocument, {}).toPromise();
    if (data?.viewer) this.#apply({ type: 'loaded', folders: data.viewer.folders, changes });
  }

  async #load(id: string, after: string | null, isQuiet = false): Promise<void> {
    const { client, list } = this.#ground;
    this.#apply({ type: 'asked', id, isQuiet });
    const question = this.#state.pages.get(id)?.question ?? 0;
    const { changes } = list.read();
    const variables = { first: conversationsAtOnce, after, folderId: id };
    const { data } = await client.query(ConversationsDocument, variables).toPromise();
    if (!data) return this.#apply({ type: 'unanswered', id, question, isQuiet });
    if (this.#state.pages.get(id)?.question !== question) return;
    // A conversation may have been moved meanwhile.
    if (list.read().changes !== changes) return this.#load(id, after, isQuiet);
    const { conversations } = data;
    list.apply({ type: 'filed', folderId: id, items: nodesOf(conversations), isNext: after !== null });
    this.#apply({ type: 'answered', id, question, cursor: cursorOf(conversations) });
  }

  #rememberOpen(): void {
    remember('folders', this.#ground.loaded.viewerId, this.#state.open.slice(-keptOpen).map(toAddressId));
  }

  #apply(event: FoldersEvent): void {
    const before = this.#state;
    this.#state = reduceFolders(before, event);
    if (this.#state === before) return;
    this.#ground.onAny(this.#state.folders.length > 0);
    for (const listener of [...this.#listeners]) listener();
  }
}

function cursorOf({ pageInfo: { hasNextPage, endCursor } }: Conversations): string | null {
  return hasNextPage ? (endCursor ?? null) : null;
}

const stores = new WeakMap<FolderGround, FolderStore>();

/** The one store of a page. */
export function storeOf(ground: FolderGround): FolderStore {
  const store = stores.get(ground) ?? new FolderStore(ground);
  stores.set(ground, store);
  return store;
}
