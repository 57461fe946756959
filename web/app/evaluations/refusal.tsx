/** Why something was refused. */
export function Refusal({ text }: { text: string | null }) {
  return text === null ? null : (
    <p role="alert" className="text-sm text-destructive">
      {text}
    </p>
  );
}
