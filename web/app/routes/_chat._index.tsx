import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useLoaderData, useNavigate } from '@remix-run/react';
import { firstModels, rememberedModels } from '../conversation/asking.ts';
import { useConversationList } from '../conversation/conversation-list.tsx';
import { ConversationPage } from '../conversation/conversation-page.tsx';
import { TopBar } from '../conversation/top-bar.tsx';
import { CreditMeter } from '../credits/credit-meter.tsx';
import { useFrame } from './_chat.tsx';

export const meta: MetaFunction = () => [{ title: 'New chat · Polylogue' }];

export function loader({ request }: LoaderFunctionArgs) {
  const asked = new URL(request.url).searchParams.getAll('model');
  return { remembered: asked.length > 0 ? asked : rememberedModels(request.headers.get('cookie')) };
}

export default function NewChat() {
  const { viewer, models, activeLane, showLane, openSidebar, openPalette } = useFrame();
  const { remembered } = useLoaderData<typeof loader>();
  const list = useConversationList();
  const navigate = useNavigate();
  return (
    <>
      <TopBar title={null} onSidebar={openSidebar} onPalette={openPalette}>
        <CreditMeter monthlyCredits={viewer.tier.monthlyCredits} />
      </TopBar>
      <ConversationPage
        key={remembered.join()}
        loaded={null}
        models={models}
        initialModelIds={firstModels(models, viewer.tier.modelsPerPrompt, remembered)}
        modelsPerPrompt={viewer.tier.modelsPerPrompt}
        maxOutputTokens={viewer.tier.maxOutputTokens}
        activeLane={activeLane}
        onActiveLane={showLane}
        onSent={({ conversation }) => {
          list.touch(conversation);
          navigate(`/c/${encodeURIComponent(conversation.id)}`);
        }}
        onShowBranch={() => {}}
      />
    </>
  );
}
