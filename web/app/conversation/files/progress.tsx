import { classes } from '../../ui/classes.ts';

interface ProgressProps {
  label: string;
  /** From 0 to 1. */
  part: number;
  /** The part in words, for who cannot see it. */
  words: string;
  className?: string;
}

/** A part of a whole as a bar. */
export function Progress({ label, part, words, className }: ProgressProps) {
  return (
    <progress
      aria-label={label}
      aria-valuetext={words}
      max={1}
      value={part}
      className={classes(
        'block w-full appearance-none overflow-hidden rounded-full bg-muted [&::-moz-progress-bar]:bg-primary [&::-webkit-progress-bar]:bg-muted [&::-webkit-progress-value]:bg-primary',
        className,
      )}
    />
  );
}
