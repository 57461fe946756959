import type { ColumnType, Generated } from 'kysely';

/** The tables of answers that use tools. */
export interface AgentTables {
  agent_task: AgentTaskTable;
  response_step: ResponseStepTable;
  tool_call: ToolCallTable;
  tool_permission: ToolPermissionTable;
  checkpoints: CheckpointTable;
  checkpoint_blobs: CheckpointBlobTable;
  checkpoint_writes: CheckpointWriteTable;
}

/** What ended an answer before its model did: its account's credits, or a limit of its steps or of its time. */
export type Shortening = 'CREDITS' | 'STEPS' | 'MINUTES';

/** What a model has to call in its first step: any of its tools, or one. */
export type FirstCall = 'ANY' | { toolId: string };

/** What a prompt asked of an agent. */
export interface StoredAgent {
  agentId: string;
  toolIds: readonly string[];
  /** Credits that one answer may cost; null: as many as the server allows. */
  maxCredits: number | null;
  /** Absent: nothing has to be called. */
  firstCall?: FirstCall;
}

interface AgentTaskTable {
  response_id: string;
  /** As domain/agents wrote it. */
  task: ColumnType<unknown, string, never>;
  /** How often the answer may still be taken up after a crash. */
  tries_left: Generated<number>;
}

interface ResponseStepTable {
  response_id: string;
  number: number;
  key: string;
  kind: 'MODEL' | 'TOOL';
  model_id: string | null;
  tool_id: string | null;
  tool_name: string | null;
  input_tokens_expected: Generated<number>;
  input_tokens: Generated<number>;
  cached_input_tokens: Generated<number>;
  cache_write_input_tokens: Generated<number>;
  output_tokens: Generated<number>;
  reasoning_tokens: Generated<number>;
  estimated: Generated<boolean>;
  credits: Generated<number>;
  cost_usd: Generated<string>;
  started_at: Generated<Date>;
  /** Null: it has not ended. */
  duration_ms: number | null;
  /** Where it begins in the answer's texts and parts. */
  text_start: Generated<number>;
  reasoning_start: Generated<number>;
  parts_start: Generated<number>;
  /** As domain/agents wrote it. */
  output: ColumnType<unknown, string | null | undefined, string | null>;
}

export type StoredCallStatus =
  | 'WRITTEN'
  | 'WAITING_FOR_APPROVAL'
  | 'RUNNING'
  | 'DONE'
  | 'FAILED'
  | 'REFUSED'
  | 'UNCERTAIN';

interface ToolCallTable {
  id: string;
  response_id: string;
  /** The model's step that made it. */
  step: number;
  /** Among the calls of that step. */
  place: number;
  provider_call_id: string;
  signature: string | null;
  /** Null: there is no tool of its name. */
  tool_id: string | null;
  name: string;
  arguments: string;
  status: StoredCallStatus;
  waits_until: Date | null;
  answered_at: Date | null;
  started_at: Date | null;
  ended_at: Date | null;
  /** As domain/agents wrote it; null: none yet. */
  result: ColumnType<unknown, string | null | undefined, string | null>;
  credits: Generated<number>;
}

interface ToolPermissionTable {
  conversation_id: string;
  user_id: string;
  tool_id: string;
  allowed: boolean;
}

/** LangGraph.js reads and writes these three itself. */
interface CheckpointTable {
  thread_id: string;
  checkpoint_ns: Generated<string>;
  checkpoint_id: string;
  parent_checkpoint_id: string | null;
  type: string | null;
  checkpoint: ColumnType<unknown, string, string>;
  metadata: ColumnType<unknown, string, string>;
}

interface CheckpointBlobTable {
  thread_id: string;
  checkpoint_ns: Generated<string>;
  channel: string;
  version: string;
  type: string;
  blob: Buffer | null;
}

interface CheckpointWriteTable {
  thread_id: string;
  checkpoint_ns: Generated<string>;
  checkpoint_id: string;
  task_id: string;
  idx: number;
  channel: string;
  type: string | null;
  blob: Buffer;
}
