import type { ModelChoiceFragment, ModelFieldsFragment } from '../../graphql/generated/graphql.ts';
import { Tooltip } from '../../ui/tooltip.tsx';

/** Whether its answers are made up on the server: no provider is asked. */
export function isMock({ provider }: Pick<ModelFieldsFragment, 'provider'>): boolean {
  return provider.id === 'mock';
}

/** Whether all that the person may ask are mocks. */
export function isMocksOnly(models: readonly ModelChoiceFragment[]): boolean {
  const allowed = models.filter(({ access }) => access.allowed);
  return allowed.length > 0 && allowed.every(isMock);
}

/** Beside a mock model's name. */
export function MockMark() {
  return (
    <Tooltip text="A mock model: its answer is made up here, and no provider is asked">
      <span className="shrink-0 rounded-sm border border-warning px-1 text-xs text-warning">mock</span>
    </Tooltip>
  );
}
