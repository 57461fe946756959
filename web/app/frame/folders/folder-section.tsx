import { folders as texts } from 'texts:chat';
import { Plus } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { Button } from '../../ui/button.tsx';
import { useConversationList } from '../conversation-list.tsx';
import { useFolders } from './folders-context.ts';

const load = () => import('./folder-list.tsx').catch(() => ({ default: NoList }));
const NoList: typeof import('./folder-list.tsx').default = () => <></>;
const FolderList = lazy(load);

// The server has drawn the folders: their code is loaded while the page is hydrated.
if (typeof document !== 'undefined' && document.querySelector('[data-folders]')) void load();

/** The folders in the list of conversations, and the button that makes one. */
export function FolderSection({ onChosen }: { onChosen: (() => void) | undefined }) {
  const { hasAny, ask } = useFolders();
  const { items } = useConversationList();
  if (!hasAny && items.length === 0) return null;
  return (
    <section aria-label={texts.folders} data-folders={hasAny || undefined} className="mt-3">
      <div className="flex items-center justify-between ps-3 pe-0.5 max-md:pe-0">
        <h2 className="text-xs font-medium text-muted-foreground">{texts.folders}</h2>
        <Button
          variant="ghost"
          size="icon"
          className="size-7 max-md:size-[44px]"
          aria-label={texts.newFolder}
          title={texts.newFolder}
          onClick={() => ask({ about: 'making' })}
        >
          <Plus />
        </Button>
      </div>
      {hasAny ? (
        <Suspense fallback={<div className="h-8" />}>
          <FolderList onChosen={onChosen} />
        </Suspense>
      ) : null}
    </section>
  );
}
