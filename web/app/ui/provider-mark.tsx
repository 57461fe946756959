import { classes } from './classes.ts';

const hues: Record<string, number> = { openai: 160, anthropic: 40, google: 260, xai: 300, perplexity: 200, mock: 80 };
const others = [0, 120, 80, 300, 200, 260];

/** A provider's small mark, which alone shows its hue. */
export function ProviderMark({ providerId, className }: { providerId: string; className?: string }) {
  const sum = [...providerId].reduce((total, character) => total + character.charCodeAt(0), 0);
  const hue = hues[providerId] ?? others[sum % others.length];
  return (
    <svg
      viewBox="0 0 12 12"
      className={classes('provider-mark size-3 shrink-0', className)}
      data-hue={hue}
      aria-hidden="true"
      focusable="false"
    >
      <path d="M6 0.8 11.2 6 6 11.2 0.8 6Z" fill="currentColor" />
    </svg>
  );
}
