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
  const done = (value: string) => onDone(value.trim() && value.trim() !== title ? value.trim() : null);
  return (
    <input
      // biome-ignore lint/a11y/noAutofocus: the member has just asked to change the title
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
