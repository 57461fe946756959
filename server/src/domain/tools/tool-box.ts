import type { Tool } from '../../ports/tool.ts';

/** The tools of this house, whoever offers them. */
export interface ToolBox {
  /** Those that a member of this tier and these teams may let models use, by id. Waits for no server. */
  offeredTo(asking: Asking & { userId: string }): ReadonlyMap<string, OfferedTool>;
  /**
   * The tool as it is now, for an answer that uses it. Undefined: it is gone, switched off, or described otherwise than an
   * admin accepted.
   *
   * @param asking absent: whoever may use it
   */
  get(id: string, asking?: Asking): OfferedTool | undefined;
}

/** What decides which tools a member may use. */
export interface Asking {
  tier: string;
  teamIds: readonly string[];
}

export interface OfferedTool {
  tool: Tool;
  /** For members. */
  name: string;
  description: string;
  /** Of the server that it comes from; null: it comes from this one. */
  serverName: string | null;
  /** Whether no call is made without the member's word. */
  needsApproval: boolean;
  /** Credits that a call costs. */
  priceCredits: number;
}

/** The tools that a program with the API in its own process brings: everybody may use them, at no price. */
export function givenTools(tools: readonly Tool[]): ToolBox {
  const offered = new Map(
    tools.map((tool): [string, OfferedTool] => {
      const { id, definition, isReadOnly } = tool;
      const { name, description } = definition;
      return [
        id,
        { tool, name, description: description ?? '', needsApproval: !isReadOnly, priceCredits: 0, serverName: null },
      ];
    }),
  );
  return { offeredTo: () => offered, get: (id) => offered.get(id) };
}

/** Both together; the first one's stand over those of the second that have the same id. */
export function joinedTools(first: ToolBox, second: ToolBox): ToolBox {
  return {
    offeredTo: (asking) => new Map([...second.offeredTo(asking), ...first.offeredTo(asking)]),
    get: (id, asking) => first.get(id, asking) ?? second.get(id, asking),
  };
}
