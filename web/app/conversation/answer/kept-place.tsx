import { Component, createRef, type ReactNode } from 'react';

interface Props {
  /** What is inside: when this changes, it may become higher or lower. */
  of: string;
  children: ReactNode;
}

/** Keeps what is being read where it is, when plain text above it or around it is formatted. */
export class KeptPlace extends Component<Props> {
  private readonly ref = createRef<HTMLDivElement>();

  override getSnapshotBeforeUpdate(before: Props): ReadingPlace | null {
    return before.of !== this.props.of ? placeIn(this.ref.current) : null;
  }

  override componentDidUpdate(_: Props, __: object, place: ReadingPlace | null): void {
    if (!place) return;
    const moved = place.read() - place.before;
    if (Math.abs(moved) >= 1) place.arena.scrollTop += moved;
  }

  override render() {
    return <div ref={this.ref}>{this.props.children}</div>;
  }
}

interface ReadingPlace {
  arena: HTMLElement;
  /** Where what is read at the top of the view stands, in pixels. */
  read(): number;
  before: number;
}

/** null where nothing that is seen can move. */
function placeIn(answer: HTMLElement | null): ReadingPlace | null {
  const arena = answer?.closest<HTMLElement>('.arena');
  if (!answer || !arena) return null;
  const top = arena.getBoundingClientRect().top;
  const turn = [...arena.children].find((child) => child.getBoundingClientRect().bottom > top + 1);
  if (!turn) return null;
  const lanes = turn.contains(answer) ? turn.querySelector('.lanes') : null;
  const box = lanes?.getBoundingClientRect();
  // Read in the middle of what changes, what is read is as far down in it as before.
  const share = box && box.top < top ? Math.min(1, (top - box.top) / box.height) : 0;
  const anchor = lanes ?? turn;
  const read = () => {
    const { top, height } = anchor.getBoundingClientRect();
    return top + share * height;
  };
  return { arena, read, before: read() };
}
