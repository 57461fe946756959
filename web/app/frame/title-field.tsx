import { frame as texts } from 'texts:chat';

import { useState } from 'react';

/** A field that changes a title in its place. Enter and leaving the field keep the change; Escape drops it. */
export function TitleField({
  title,
  onDone,
  className,
}: {
  title: string;
  /** Called with null if nothing changed. */
  onDone: (title: string | null) => void;
  className: string;
}) {
  // A title that comes from elsewhere meanwhile is not what the member sees in the field.
  const [before] = useState(title);
  const done = (value: string) => onDone(value.trim() && value.trim() !== before ? value.trim() : null);
  return (
    <input
      // biome-ignore lint/a11y/noAutofocus: the member has just asked to change the title
      autoFocus
      aria-label={texts.title}
      maxLength={200}
      defaultValue={before}
      onFocus={(event) => event.target.select()}
      onBlur={(event) => done(event.target.value)}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return;
        if (event.key === 'Enter') event.currentTarget.blur();
        if (event.key === 'Escape') {
          event.currentTarget.value = before;
          event.currentTarget.blur();
        }
      }}
      className={className}
    />
  );
}
