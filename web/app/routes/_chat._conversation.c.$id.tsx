import { Turn } from '../conversation/arena/turn.tsx';
import { provideTurn } from '../conversation/provided-turn.ts';

provideTurn(Turn);

/** The address of a conversation. The route above shows the page; this module brings what a new chat can do without. */
export default function Address() {
  return null;
}
