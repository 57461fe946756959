import { lazy, Suspense } from 'react';
import { useAlive } from '../../../ui/browser/alive.ts';
import type { ChosenToolsProps } from './tools-line.tsx';

const ToolsLine = lazy(() => import('./tools-line.tsx'));

/** What the prompt lets its models use. It is loaded only where there is something chosen. */
export function ChosenTools(props: ChosenToolsProps) {
  const alive = useAlive();
  if (!alive || !props.asking.agent || props.asking.blind) return null;
  return (
    <Suspense fallback={null}>
      <ToolsLine {...props} />
    </Suspense>
  );
}
