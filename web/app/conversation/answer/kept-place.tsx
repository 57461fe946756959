import { Component, createRef, type ReactNode } from 'react';

interface Props {
  /** Names the state of the children. When it changes, their height may change. */
  of: string;
  children: ReactNode;
}

/** Keeps the text that is being read in its place when plain text above it or around it is formatted. */
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
  /** The position of the text at the top of the view, in pixels. */
  read(): number;
  before: number;
}

/** Null if no text in view can move. */
function placeIn(answer: HTMLElement | null): ReadingPlace | null {
  const arena = answer?.closest<HTMLElement>('.arena');
  if (!answer || !arena) return null;
  const top = arena.getBoundingClientRect().top;
  const turn = [...arena.children].find((child) => child.getBoundingClientRect().bottom > top + 1);
  if (!turn) return null;
  const lanes = turn.contains(answer) ? turn.querySelector('.lanes') : null;
  const box = lanes?.getBoundingClientRect();
  // If the top of the view is in the middle of these lanes, its share of their height stays the same.
  const share = box && box.top < top ? Math.min(1, (top - box.top) / box.height) : 0;
  const anchor = lanes ?? turn;
  const read = () => {
    const { top, height } = anchor.getBoundingClientRect();
    return top + share * height;
  };
  return { arena, read, before: read() };
}
