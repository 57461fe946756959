import type { Tool } from '../../ports/tool.ts';

/** The tools of this house, whoever offers them. */
export interface ToolBox {
  /** Those that a member of this tier and these teams may let models use, by id. Waits for no server. */
  offeredTo(asking: { userId: string; tier: string; teamIds: readonly string[] }): ReadonlyMap<string, OfferedTool>;
  /**
   * The tool as it is now, for an answer that uses it. Undefined: it is gone, switched off, or described otherwise than an
   * admin accepted.
   */
  get(id: string): OfferedTool | undefined;
}

export interface OfferedTool {
  tool: Tool;
  /** For members. */
  name: string;
  description: string;
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
      return [id, { tool, name, description: description ?? '', needsApproval: !isReadOnly, priceCredits: 0 }];
    }),
  );
  return { offeredTo: () => offered, get: (id) => offered.get(id) };
}

/** Both together; the first one's stand over those of the second that have the same id. */
export function joinedTools(first: ToolBox, second: ToolBox): ToolBox {
  return {
    offeredTo: (asking) => new Map([...second.offeredTo(asking), ...first.offeredTo(asking)]),
    get: (id) => first.get(id) ?? second.get(id),
  };
}
