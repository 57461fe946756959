/** An agent: a graph of LangGraph.js whose nodes ask models and use tools. */
export interface AgentDefinition {
  /** 1 to 64 of `a-z 0-9 -`. */
  id: string;
  /** For members. */
  name: string;
  description: string;
  /** How many other models it asks beside the one that the member chose. Default: 0. */
  otherModels?: number | undefined;
  /**
   * Makes the graph that writes one answer. It is made again when another process goes on with the answer: then all nodes
   * but the one under way are not run again, and what that one had asked or done already is not repeated.
   */
  graph(run: AgentRun): AgentGraph | Promise<AgentGraph>;
}

/** A compiled graph. */
export interface AgentGraph {
  // biome-ignore lint/suspicious/noExplicitAny: LangGraph's own types of input and config differ with the graph's state
  invoke(input: any, config: any): Promise<unknown>;
}

/** What a graph is given: one answer. */
export interface AgentRun {
  /** To compile the graph with, as its `checkpointer`: a BaseCheckpointSaver, whose type is LangGraph's business. */
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly checkpointer: any;
  /** The model that the member chose, then the others. */
  readonly models: readonly { id: string; name: string }[];
  /**
   * What a node may do. To be called once in a node, before anything else.
   *
   * @param config the node's second argument
   */
  at(config: NodeConfig): AgentNode;
}

/** What LangGraph tells a node about itself. */
export interface NodeConfig {
  configurable?: { checkpoint_ns?: string | undefined } | undefined;
}

export interface AgentNode {
  /** Asks a model. Rejects when the answer has to end: a node lets that through. */
  ask(request?: AgentQuestion): Promise<Said>;
  /** Waits until the member has answered for each call that needs it. */
  approve(said: StepRef): Promise<void>;
  /** Carries the calls out, those that are approved or need no approval, and tells what came of all. */
  useTools(said: StepRef): Promise<StepRef>;
}

export interface AgentQuestion {
  /** What the model is told after the conversation: earlier steps, and words of the graph. Default: nothing. */
  after?: readonly (StepRef | string)[] | undefined;
  /** Its place in `AgentRun.models`. Default: 0. */
  model?: number | undefined;
  /** Whether it may call tools. Default: yes. */
  tools?: boolean | undefined;
  /** `thought`: what it says is folded away beside the answer. Default: `answer`. */
  as?: 'answer' | 'thought' | undefined;
  /** A line before a thought. Default: none. */
  title?: string | undefined;
}

/** A step of the answer, small enough for the graph's state. */
export type StepRef = { kind: 'said' | 'results'; step: number };

/** What a model said. */
export interface Said {
  ref: StepRef;
  /** Without its thoughts. */
  text: string;
  /** How many tools it calls. */
  calls: number;
}
