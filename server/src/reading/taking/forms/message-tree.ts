import type {
  TakenAnswer,
  TakenConversation,
  TakenFile,
  TakenTurn,
  TakingForm,
} from '../../../ports/conversation-reader.ts';
import { ANSWERS_MAX, MESSAGES_MAX, PARTS_MAX } from '../limits.ts';
import { type Note, NotTakenError, type Taken } from '../taken.ts';

type Part = TakenAnswer['parts'][number];

/** A message as other programs keep them: each knows the one before it. */
export interface SourceMessage {
  id: string;
  /** Null, or of no message: it begins the conversation. */
  parent: string | null;
  /** `none`: it is not shown, and what follows it follows the one before. */
  role: 'user' | 'assistant' | 'none';
  parts: readonly Part[];
  /** Keys of a user's files. */
  files: readonly string[];
  model: string | null;
  /** In ms since 1970; null: it does not say. */
  time: number | null;
  /** The place among the models that were asked side by side; null: it does not say. */
  lane: number | null;
  citations: TakenAnswer['citations'];
  status: TakenAnswer['status'];
  failure: string | null;
  isCut: boolean;
}

export interface MessageTree {
  form: TakingForm;
  source: string;
  title: string;
  pinned: boolean;
  archived: boolean;
  systemPrompt: string | null;
  createdAt: number | null;
  activeAt: number | null;
  /** Those that follow the same one in the order in which they were made. */
  messages: readonly SourceMessage[];
  /** The last message of the branch that is shown; null: it does not say. */
  current: string | null;
  /** Whether answers of several models are lanes; else they are versions of one. */
  hasLanes: boolean;
  /** What a model is called of which a message does not say the name. */
  unnamedModel: string;
  files: readonly TakenFile[];
  notes: readonly Note[];
}

const SYSTEM_PROMPT_LENGTH_MAX = 100_000;
const FILES_OF_TURN_MAX = 1000;
/** Stands for a prompt without text: an answer that nobody asked for, or a file alone. */
const NO_PROMPT = '…';

/** To be asked before as many messages are looked at. @throws NotTakenError */
export function requireFewMessages(count: number): void {
  if (count <= MESSAGES_MAX) return;
  throw new NotTakenError('', `The conversation has more than ${MESSAGES_MAX.toLocaleString('en')} messages.`);
}

/** Makes turns of messages: each prompt with its answers. @throws NotTakenError */
export function takeTree(tree: MessageTree): Taken {
  requireFewMessages(tree.messages.length);
  const walk = new TreeWalk(tree);
  walk.run();
  const turns = walk.turns();
  const last = turns.at(-1);
  const createdAt = tree.createdAt ?? timeOfTurn(turns[0]) ?? Date.now();
  const conversation: TakenConversation = {
    form: tree.form,
    id: tree.source,
    origin: `${tree.form}:${tree.source}`,
    title: tree.title,
    titledByUser: false,
    pinned: tree.pinned,
    archived: tree.archived,
    folder: null,
    systemPrompt:
      tree.systemPrompt === null ? null : tree.systemPrompt.slice(0, SYSTEM_PROMPT_LENGTH_MAX).toWellFormed(),
    models: [...new Set((walk.shownLast() ?? last)?.answers.map(({ model }) => model) ?? [])].slice(0, 12),
    createdAt: told(createdAt),
    updatedAt: told(tree.activeAt ?? createdAt),
    activeAt: told(tree.activeAt ?? walk.latest ?? createdAt),
  };
  return { conversation, turns, files: tree.files, notes: [...tree.notes, ...walk.notes()] };
}

function timeOfTurn(turn: TakenTurn | undefined): number | null {
  return turn ? Date.parse(turn.createdAt) : null;
}

function told(time: number): string {
  return new Date(time).toISOString();
}

/** An answer that grows along a branch. */
interface Answer {
  parts: Part[];
  /** The message that it ends with. */
  end: SourceMessage;
  model: string | null;
  time: number | null;
  lane: number;
  id: string;
}

interface Turn {
  message: SourceMessage | null;
  id: string;
  parent: Turn | null;
  /** The answer behind which the prompt stands. */
  behind: Answer | null;
  answers: Answer[];
  createdAt: number;
}

interface Step {
  message: SourceMessage;
  turn: Turn | null;
  answer: Answer | null;
  /** How much of the answer is before the message: another branch may have gone on with it. */
  length: number;
}

class TreeWalk {
  readonly #tree: MessageTree;
  readonly #children = new Map<string | null, SourceMessage[]>();
  readonly #shown: ReadonlySet<string>;
  readonly #turns: Turn[] = [];
  readonly #seen = new Set<string>();
  #parts = 0;
  latest: number | null = null;

  constructor(tree: MessageTree) {
    this.#tree = tree;
    const byId = new Map(tree.messages.map((message) => [message.id, message]));
    for (const message of byId.values()) {
      const parent = message.parent !== null && byId.has(message.parent) ? message.parent : null;
      const siblings = this.#children.get(parent);
      if (siblings) siblings.push(message);
      else this.#children.set(parent, [message]);
    }
    this.#shown = branchOf(byId, tree.current);
  }

  /** Visits all messages, each behind the one that it follows. */
  run(): void {
    const steps: Step[] = [];
    const push = (parent: string | null, of: Omit<Step, 'message'>) => {
      for (const message of [...(this.#children.get(parent) ?? [])].reverse()) steps.push({ ...of, message });
    };
    push(null, { turn: null, answer: null, length: 0 });
    for (let step = steps.pop(); step; step = steps.pop()) {
      this.#seen.add(step.message.id);
      push(step.message.id, this.#visit(step));
    }
  }

  #visit({ message, turn, answer, length }: Step): Omit<Step, 'message'> {
    if (message.time !== null) this.latest = Math.max(this.latest ?? 0, message.time);
    if (message.role === 'user') return { turn: this.#ask(message, turn, answer), answer: null, length: 0 };
    const saysNothing = message.parts.length === 0 && message.failure === null;
    if (message.role === 'none' || saysNothing) return { turn, answer, length };
    const asked = turn ?? this.#ask(null, null, null, message);
    const grown = this.#grow(asked, { answer, length }, message);
    return { turn: asked, answer: grown, length: grown.parts.length };
  }

  #ask(message: SourceMessage | null, parent: Turn | null, behind: Answer | null, first = message): Turn {
    const time = first?.time ?? (parent ? parent.createdAt + 1 : (this.#tree.createdAt ?? Date.now()));
    const turn: Turn = {
      message,
      id: message?.id ?? `before ${first?.id}`,
      parent,
      behind,
      answers: [],
      createdAt: Math.max(time, parent?.createdAt ?? 0),
    };
    this.#turns.push(turn);
    return turn;
  }

  /** Goes on with an answer; where another branch did so, with a copy of it up to here. */
  #grow(turn: Turn, { answer, length }: Pick<Step, 'answer' | 'length'>, message: SourceMessage): Answer {
    const isFree = answer !== null && answer.parts.length === length;
    const grown: Answer = isFree
      ? answer
      : {
          parts: answer?.parts.slice(0, length) ?? [],
          end: message,
          model: answer?.model ?? null,
          time: answer?.time ?? message.time,
          lane: 0,
          id: message.id,
        };
    if (!isFree) turn.answers.push(grown);
    if (turn.answers.length > ANSWERS_MAX) {
      throw new NotTakenError('', `A prompt has more than ${ANSWERS_MAX.toLocaleString('en')} answers.`);
    }
    this.#parts += message.parts.length + (isFree ? 0 : length) + 1;
    if (this.#parts > PARTS_MAX) throw new NotTakenError('', 'The conversation has too many branches.');
    const hasText = grown.parts.some(({ kind }) => kind === 'text');
    for (const [index, part] of message.parts.entries()) {
      grown.parts.push(index === 0 && hasText && part.kind === 'text' ? { ...part, text: `\n\n${part.text}` } : part);
    }
    grown.end = message;
    grown.model = message.model ?? grown.model;
    return grown;
  }

  /** Messages that nothing leads to. */
  notes(): Note[] {
    const lost = this.#tree.messages.find(({ id }) => !this.#seen.has(id));
    return lost
      ? [{ where: ` (message ${lost.id})`, why: 'Messages that follow each other in a circle are left out.' }]
      : [];
  }

  turns(): TakenTurn[] {
    const last = this.#turns.findLast(({ message, answers }) =>
      [message, ...answers.map(({ end }) => end)].some((one) => one && this.#shown.has(one.id)),
    );
    // The branch with the latest prompt is the one that is shown first.
    if (last)
      last.createdAt = this.#turns.reduce((most, { createdAt }) => Math.max(most, createdAt + 1), last.createdAt);
    for (const turn of this.#turns) this.#placeLanes(turn);
    return this.#turns.map((turn) => this.#turn(turn));
  }

  /** The last turn of the branch that is shown, once `turns` was called. */
  shownLast(): TakenTurn | undefined {
    const last = this.#turns.findLast(({ answers }) => answers.some(({ end }) => this.#shown.has(end.id)));
    return last && this.#turn(last);
  }

  #placeLanes({ answers }: Turn): void {
    if (!this.#tree.hasLanes) return;
    const byModel = new Map<string, number>();
    for (const answer of answers) {
      const name = answer.model ?? '';
      answer.lane = answer.end.lane ?? byModel.get(name) ?? byModel.size;
      byModel.set(name, answer.lane);
    }
    const lanes = [...new Set(answers.map(({ lane }) => lane))].sort((one, other) => one - other);
    for (const answer of answers) answer.lane = lanes.indexOf(answer.lane);
  }

  #turn({ message, id, parent, behind, answers, createdAt }: Turn): TakenTurn {
    const text = (message?.parts ?? []).map((part) => (part.kind === 'text' ? part.text : '')).join('');
    const shown = answers.find(({ end }) => this.#shown.has(end.id));
    const areSeveral = answers.some(({ lane }) => lane > 0);
    const goesOn =
      behind &&
      parent &&
      (parent.answers.some(({ lane }) => lane > 0) || shownOf(parent, behind.lane, this.#shown) !== behind);
    return {
      id,
      parent: parent?.id ?? null,
      prompt: text.trim() === '' ? NO_PROMPT : text,
      parameters: {},
      createdAt: told(createdAt),
      blind: false,
      hidden: false,
      revealedAt: null,
      unpaced: false,
      withMerge: false,
      chosen: shown && areSeveral ? { answer: shown.id, lane: shown.lane } : null,
      historyFrom: goesOn ? { turn: parent.id, lane: behind.lane, answer: behind.id } : null,
      files: message?.files.slice(0, FILES_OF_TURN_MAX) ?? [],
      verdict: null,
      answers: this.#answers(answers, createdAt),
    };
  }

  #answers(answers: readonly Answer[], askedAt: number): TakenAnswer[] {
    const versions = new Map<number, Answer[]>();
    for (const answer of answers) {
      const before = versions.get(answer.lane);
      if (before) before.push(answer);
      else versions.set(answer.lane, [answer]);
    }
    const lanes = [...versions.entries()].sort(([one], [other]) => one - other);
    return lanes.flatMap(([, ofLane]) => {
      const shown = ofLane.findIndex(({ end }) => this.#shown.has(end.id));
      let time = askedAt;
      return ofLane.map((answer, version) => {
        time = Math.max(answer.time ?? 0, time + 1);
        const isChosen = version === shown && version < ofLane.length - 1;
        // Later than all versions of its lane.
        const chosenAt = isChosen
          ? Math.max(time, ...ofLane.slice(version).map((other) => other.time ?? 0)) + ofLane.length
          : null;
        return takenAnswer(answer, { version, time, chosenAt, unnamedModel: this.#tree.unnamedModel });
      });
    });
  }
}

/** The version that a lane of the turn shows. */
function shownOf({ answers }: Turn, lane: number, shown: ReadonlySet<string>): Answer | undefined {
  const ofLane = answers.filter((answer) => answer.lane === lane);
  return ofLane.find(({ end }) => shown.has(end.id)) ?? ofLane.at(-1);
}

function takenAnswer(
  { id, lane, parts, end, model }: Answer,
  {
    version,
    time,
    chosenAt,
    unnamedModel,
  }: { version: number; time: number; chosenAt: number | null; unnamedModel: string },
): TakenAnswer {
  return {
    id,
    lane,
    regenerated: version > 0,
    model: model ?? unnamedModel,
    servedBy: model ?? unnamedModel,
    status: end.failure !== null ? 'FAILED' : end.status,
    parts,
    calls: [],
    refusal: null,
    citations: end.citations,
    finishReason: end.failure !== null || end.status !== 'COMPLETED' ? null : end.isCut ? 'LENGTH' : 'STOP',
    shortenedBy: null,
    failure:
      end.failure === null ? null : { code: 'PROVIDER_ERROR', message: end.failure.slice(0, 10_000).toWellFormed() },
    attempts: [],
    usage: null,
    creditsHeld: 0,
    creditsCharged: 0,
    firstTokenMs: null,
    durationMs: null,
    createdAt: told(time),
    finishedAt: told(time),
    chosenAt: chosenAt === null ? null : told(chosenAt),
    continues: null,
    merge: null,
    mergedWithPrompt: false,
    filesSent: null,
  };
}

/** The ids of the messages of the branch that ends with this one. */
function branchOf(byId: ReadonlyMap<string, SourceMessage>, last: string | null): ReadonlySet<string> {
  const branch = new Set<string>();
  for (let id = last; id !== null && !branch.has(id); ) {
    const message = byId.get(id);
    if (!message) break;
    branch.add(id);
    id = message.parent;
  }
  return branch;
}
