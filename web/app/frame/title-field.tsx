/** A title being changed in its place: Enter and leaving keep it, Escape does not. */
export function TitleField({
  title,
  onDone,
  className,
}: {
  title: string;
  /** With null where nothing changed. */
  onDone: (title: string | null) => void;
  className: string;
}) {
  const done = (value: string) => onDone(value.trim() && value.trim() !== title ? value.trim() : null);
  return (
    <input
      // biome-ignore lint/a11y/noAutofocus: the person has just asked to change it
      autoFocus
      aria-label="Title"
      maxLength={200}
      defaultValue={title}
      onFocus={(event) => event.target.select()}
      onBlur={(event) => done(event.target.value)}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return;
        if (event.key === 'Enter') event.currentTarget.blur();
        if (event.key === 'Escape') {
          event.currentTarget.value = title;
          event.currentTarget.blur();
        }
      }}
      className={className}
    />
  );
}
