import { Component, type ReactNode, type RefObject } from 'react';

interface Props {
  arena: RefObject<HTMLElement>;
  /** Names the turns that are in the page. When it changes, turns came or went. */
  of: string;
  children: ReactNode;
}

/** Keeps the turn that is being read in its place when turns above it come into the page or leave it. */
export class KeptTurns extends Component<Props> {
  override getSnapshotBeforeUpdate(before: Props): { turn: Element; top: number } | null {
    const arena = before.of === this.props.of ? null : this.props.arena.current;
    if (!arena) return null;
    const { top } = arena.getBoundingClientRect();
    const turn = [...arena.querySelectorAll('.turn')].find((one) => one.getBoundingClientRect().bottom > top + 1);
    return turn ? { turn, top: turn.getBoundingClientRect().top } : null;
  }

  override componentDidUpdate(_: Props, __: object, place: { turn: Element; top: number } | null): void {
    const arena = this.props.arena.current;
    if (!arena || !place?.turn.isConnected) return;
    const moved = place.turn.getBoundingClientRect().top - place.top;
    if (Math.abs(moved) >= 1) arena.scrollTop += moved;
  }

  override render() {
    return this.props.children;
  }
}
