interface UnitProps {
  /** As it is written, such as `58 tok/s`. */
  short: string;
  /** As it is read aloud. */
  long: string;
}

/** A figure whose unit is written short and read out in full. */
export function Unit({ short, long }: UnitProps) {
  return (
    <>
      <span aria-hidden="true">{short}</span>
      <span className="sr-only">{long}</span>
    </>
  );
}
