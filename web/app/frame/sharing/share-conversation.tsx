import { list as texts } from 'texts:chat';
import { useLocation } from '@remix-run/react';
import { lazy, Suspense } from 'react';
import { fromAddressId } from '../../graphql/address-id.ts';
import { sentence } from '../../languages/sentence.tsx';
import { Dialog, DialogContent, DialogDescription, DialogTitle } from '../../ui/dialog.tsx';

const ShareForm = lazy(() => import('./share-form.tsx'));

interface ShareConversationProps {
  conversation: { id: string; title: string };
  /** Whether the page shows the conversation: then the branch is shared that it shows, else that with the latest turn. */
  isShown: boolean;
  open: boolean;
  onOpen: (open: boolean) => void;
}

/** The dialog in which a conversation is shared. What is in it is loaded then. */
export function ShareConversation({ conversation, isShown, open, onOpen }: ShareConversationProps) {
  const { search } = useLocation();
  const through = isShown ? new URLSearchParams(search).get('through') : null;
  return (
    <Dialog open={open} onOpenChange={onOpen}>
      <DialogContent className="touch flex max-h-[92dvh] flex-col gap-4 overflow-y-auto">
        <div>
          <DialogTitle>{texts.share}</DialogTitle>
          <DialogDescription className="mt-1 text-sm text-muted-foreground">
            {sentence(
              texts.shareMeaning,
              { title: conversation.title },
              { b: (title) => <bdi className="font-medium text-foreground">{title}</bdi> },
            )}
          </DialogDescription>
        </div>
        <Suspense fallback={<div className="h-72 animate-breathe rounded-md bg-muted" aria-hidden="true" />}>
          <ShareForm conversationId={conversation.id} through={through && fromAddressId('Turn', through)} />
        </Suspense>
      </DialogContent>
    </Dialog>
  );
}
