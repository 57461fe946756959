interface UnitProps {
  figure: string;
  /** As it is written, such as `tok/s`. */
  unit: string;
  /** As it is read aloud. */
  word: string;
}

/** A figure whose unit is written short and read out in full. */
export function Unit({ figure, unit, word }: UnitProps) {
  return (
    <>
      {figure}
      <span aria-hidden="true">{unit.startsWith('/') ? unit : ` ${unit}`}</span>
      <span className="sr-only"> {word}</span>
    </>
  );
}
