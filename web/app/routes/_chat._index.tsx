import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useLoaderData, useLocation, useNavigate } from '@remix-run/react';
import { ConversationPage } from '../conversation/conversation-page.tsx';
import { firstModels, rememberedModels } from '../conversation/turns/asking.ts';
import { useConversationList } from '../frame/conversation-list.tsx';
import { tabTitle } from '../frame/pages.ts';
import { TopBar } from '../frame/top-bar.tsx';
import { useFrame } from './_chat.tsx';

export const meta: MetaFunction = () => [{ title: tabTitle('New chat') }];

export function loader({ request }: LoaderFunctionArgs) {
  const asked = new URL(request.url).searchParams.getAll('model');
  return { asked, remembered: rememberedModels(request.headers.get('cookie')) };
}

export default function NewChat() {
  const { viewer, models, defaultModelIds, activeLane, showLane } = useFrame();
  const { asked, remembered } = useLoaderData<typeof loader>();
  const { key } = useLocation();
  const list = useConversationList();
  const navigate = useNavigate();
  const known = remembered?.viewerId === viewer.id ? remembered.modelIds : [];
  const wishes = [asked, known, defaultModelIds];
  return (
    <>
      <TopBar title={null} />
      <ConversationPage
        // A new chat that is asked for while another one's first prompt is on its way is a new one.
        key={key}
        viewerId={viewer.id}
        loaded={null}
        models={models}
        initialModelIds={firstModels(models, viewer.tier.modelsPerPrompt, wishes)}
        modelsPerPrompt={viewer.tier.modelsPerPrompt}
        maxOutputTokens={viewer.tier.maxOutputTokens}
        activeLane={activeLane}
        onActiveLane={showLane}
        onSent={({ conversation }, { present }) => {
          list.touch(conversation);
          if (present) navigate(`/c/${encodeURIComponent(conversation.id)}`);
        }}
        onShowBranch={() => {}}
      />
    </>
  );
}
