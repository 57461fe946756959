import { provideTurn } from '../conversation/arena/provided-turn.ts';
import { Turn } from '../conversation/arena/turn.tsx';

provideTurn(Turn);

/** The address of a conversation. The route above shows the page; this module brings what a new chat can do without. */
export default function Address() {
  return null;
}
