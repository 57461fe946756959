import { z } from 'zod';
import { milliseconds, oneOf } from '../values.ts';
import { type FileToolServer, readServersFile } from './servers-file.ts';

/** Which tools there are for models, and what calling one may take. */
export interface ToolSettings {
  /** The servers of the operator's file. */
  servers: readonly FileToolServer[];
  /** Whether servers that admins add may be at addresses that are not of the public internet. */
  mayBePrivate: boolean;
  /** Whether programs that speak OpenAI's protocol may have their models use the tools that its member may. */
  forPrograms: boolean;
  /** How long a tool may take for an answer. */
  callMs: number;
  /** How long a server may take to answer for the first time. */
  connectMs: number;
}

export const toolSettings = {
  MCP_SERVERS_FILE: z.string().optional(),
  TOOLS_PRIVATE_ADDRESSES: oneOf(['refuse', 'allow']).default('refuse'),
  TOOLS_FOR_PROGRAMS: oneOf(['off', 'on']).default('off'),
  TOOL_TIMEOUT_SECONDS: milliseconds(3600).default(60_000),
  TOOL_CONNECT_SECONDS: milliseconds(600).default(15_000),
};

export interface GivenToolSettings {
  MCP_SERVERS_FILE?: string | undefined;
  TOOLS_PRIVATE_ADDRESSES: 'refuse' | 'allow';
  TOOLS_FOR_PROGRAMS: 'off' | 'on';
  TOOL_TIMEOUT_SECONDS: number;
  TOOL_CONNECT_SECONDS: number;
}

/** Mistakes go to `problems`, and what is ignored to `warnings`; neither shows a value of the file. */
export function readToolSettings(
  given: GivenToolSettings,
  variables: Readonly<Record<string, string>>,
  { directory, problems, warnings }: { directory: string; problems: string[]; warnings: string[] },
): ToolSettings {
  const file = given.MCP_SERVERS_FILE;
  return {
    servers: file === undefined ? [] : readServersFile(file, variables, { directory, problems, warnings }),
    mayBePrivate: given.TOOLS_PRIVATE_ADDRESSES === 'allow',
    forPrograms: given.TOOLS_FOR_PROGRAMS === 'on',
    callMs: given.TOOL_TIMEOUT_SECONDS,
    connectMs: given.TOOL_CONNECT_SECONDS,
  };
}
