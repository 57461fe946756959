import { lazy, Suspense } from 'react';
import { Dialog, DialogContent, DialogDescription, DialogTitle } from '../../ui/dialog.tsx';

const ShareForm = lazy(() => import('./share-form.tsx'));

interface ShareConversationProps {
  conversation: { id: string; title: string };
  /** A turn of the branch that is shown; null: the branch with the latest turn. */
  through: string | null;
  onClose: () => void;
}

/** The dialog in which a conversation is shared. What is in it is loaded then. */
export function ShareConversation({ conversation, through, onClose }: ShareConversationProps) {
  return (
    <Dialog open onOpenChange={(open) => open || onClose()}>
      <DialogContent className="touch flex max-h-[92dvh] flex-col gap-4 overflow-y-auto">
        <div>
          <DialogTitle>Share</DialogTitle>
          <DialogDescription className="mt-1 text-sm text-muted-foreground">
            <bdi className="font-medium text-foreground">{conversation.title}</bdi> as it is now. What you write in it
            later stays yours.
          </DialogDescription>
        </div>
        <Suspense fallback={<div className="h-72 animate-breathe rounded-md bg-muted" aria-hidden="true" />}>
          <ShareForm conversationId={conversation.id} through={through} />
        </Suspense>
      </DialogContent>
    </Dialog>
  );
}
