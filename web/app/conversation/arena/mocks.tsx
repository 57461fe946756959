import { arena as texts } from 'texts:chat';
import type { ModelChoiceFragment, ModelFieldsFragment } from '../../graphql/generated/graphql.ts';

/** Whether the server makes up the model's answers, and asks no provider. */
export function isMock({ provider }: Pick<ModelFieldsFragment, 'provider'>): boolean {
  return provider.id === 'mock';
}

/** Whether all models that the member may ask are mocks. */
export function isMocksOnly(models: readonly ModelChoiceFragment[]): boolean {
  const allowed = models.filter(({ access }) => access.allowed);
  return allowed.length > 0 && allowed.every(isMock);
}

/** The sign beside a mock model's name. */
export function MockMark() {
  return (
    <span className="shrink-0 rounded-sm border border-warning px-1 text-xs text-warning" title={texts.mockMeaning}>
      {texts.mock}
    </span>
  );
}
