/** How a model differs from the others of Anthropic, as far as its name tells. From Anthropic's own pages. */
export interface ModelTraits {
  /** The `type` of thinking that asks for none; null: the model always thinks, and refuses to be asked for none. */
  noThinking: 'disabled' | 'between_tools' | null;
  /** Whether it can be made to call a tool: a model that cannot refuses such a request, with or without thinking. */
  forcedToolUse: boolean;
  /** Whether its efforts include `xhigh`. */
  extraHighEffort: boolean;
}

/** Of a name that is not Anthropic's the traits are those of most models. */
export function traitsOf(model: string): ModelTraits {
  const [, family = '', major = '0', minor = '0'] =
    /claude-(opus|sonnet|haiku|fable|mythos)-(\d+)(?:-(\d{1,2})(?!\d))?/.exec(model) ?? [];
  const version = Number(major) * 100 + Number(minor);
  const since = (families: readonly string[], first: number) => families.includes(family) && version >= first;
  const alwaysThinks = since(['fable', 'mythos'], 0) || since(['opus'], 505);
  return {
    noThinking: alwaysThinks ? null : since(['sonnet'], 505) ? 'between_tools' : 'disabled',
    forcedToolUse: !(since(['opus', 'sonnet'], 505) || since(['fable', 'mythos'], 501)),
    extraHighEffort: version === 0 || version >= 407,
  };
}
