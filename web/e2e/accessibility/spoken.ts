import type { CDPSession, Page } from 'playwright-core';

/** What a node of Chromium's accessibility tree tells. */
interface TreeNode {
  nodeId: string;
  ignored: boolean;
  role?: { value: string };
  name?: { value: string };
  description?: { value: string };
  properties?: { name: string; value: { value?: unknown } }[];
  childIds?: string[];
  backendDOMNodeId?: number;
}

/** These are read as one word with their name; what is within them is not read again. */
const controls: Record<string, string> = {
  button: 'button',
  link: 'link',
  tab: 'tab',
  menuitem: 'menu item',
  radio: 'radio button',
  checkbox: 'checkbox',
  switch: 'switch',
  textbox: 'text field',
  searchbox: 'search field',
  combobox: 'combo box',
  slider: 'slider',
  option: 'option',
  PopUpButton: 'button',
  ToggleButton: 'button',
  DisclosureTriangle: 'button',
};

/** A screen reader says that these begin, with their name. */
const places: Record<string, string> = {
  article: 'article',
  region: 'region',
  group: 'group',
  list: 'list',
  tablist: 'tabs',
  tabpanel: 'panel',
  table: 'table',
  figure: 'figure',
  form: 'form',
  navigation: 'navigation',
  complementary: 'complementary',
  main: 'main',
  banner: 'banner',
  search: 'search',
  radiogroup: 'group of radio buttons',
  Details: 'details',
  dialog: 'dialog',
};

/** These only begin a place where they have a name. */
const namedOnly = new Set(['group', 'region', 'form']);

/** Text within these is part of the line around it; a definition stands in the line of its term. */
const transparent = new Set([
  ...['generic', 'none', 'strong', 'emphasis', 'mark', 'subscript', 'superscript', 'time', 'deletion', 'insertion'],
  ...['LabelText', 'Abbr', 'definition'],
]);

/** A legend has named its group. */
const silent = new Set(['InlineTextBox', 'ListMarker', 'Legend']);

/**
 * Everything in the page within the node of this role and name as a screen reader reads it from top to bottom: a line for
 * each place, text and control, indented by the places that it is in.
 */
export async function spoken(page: Page, role: string, name: string): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  try {
    const nodes = await treeOf(session);
    const top = [...nodes.values()].find(
      (node) => !node.ignored && node.role?.value === role && nameOf(node).startsWith(name),
    );
    if (!top) throw new Error(`No ${role} is named ${name}.`);
    return new Reading(nodes, await countsOf(session, nodes)).of(top);
  } finally {
    await session.detach();
  }
}

async function treeOf(session: CDPSession): Promise<Map<string, TreeNode>> {
  const { nodes } = (await session.send('Accessibility.getFullAXTree')) as { nodes: TreeNode[] };
  return new Map(nodes.map((node) => [node.nodeId, node]));
}

/** Which of how many an article is, by its node: the protocol's tree leaves that out. */
async function countsOf(session: CDPSession, nodes: ReadonlyMap<string, TreeNode>): Promise<Map<string, string>> {
  const counts = new Map<string, string>();
  for (const { nodeId, role, backendDOMNodeId } of nodes.values()) {
    if (role?.value !== 'article' || backendDOMNodeId === undefined) continue;
    const { node } = await session.send('DOM.describeNode', { backendNodeId: backendDOMNodeId });
    const [at, of] = ['aria-posinset', 'aria-setsize'].map((name) => {
      const index = node.attributes?.indexOf(name) ?? -1;
      return index < 0 ? null : (node.attributes?.[index + 1] ?? null);
    });
    if (at) counts.set(nodeId, `, ${at} of ${of}`);
  }
  return counts;
}

class Reading {
  readonly #nodes: ReadonlyMap<string, TreeNode>;
  readonly #counts: ReadonlyMap<string, string>;
  readonly #lines: string[] = [];
  #text = '';
  #depth = 0;
  /** The name of the place that has just begun. */
  #named = '';

  constructor(nodes: ReadonlyMap<string, TreeNode>, counts: ReadonlyMap<string, string>) {
    this.#nodes = nodes;
    this.#counts = counts;
  }

  of(top: TreeNode): string[] {
    this.#read(top);
    this.#endText();
    return this.#lines;
  }

  #read(node: TreeNode): void {
    const role = node.role?.value ?? '';
    if (role === 'StaticText') this.#text += node.name?.value ?? '';
    else if (role === 'LineBreak') this.#text += ' ';
    // The words of a label are the name of the control within it.
    else if (role === 'LabelText' && this.#controlsIn(node).length > 0) {
      for (const control of this.#controlsIn(node)) this.#read(control);
    } else if (node.ignored || transparent.has(role) || (role === 'code' && this.#text !== '')) this.#readWithin(node);
    else if (role === 'term') {
      this.#endText();
      this.#readWithin(node);
      this.#text += ': ';
    } else if (!silent.has(role)) this.#readBlock(role, node);
  }

  /** What stands in lines of its own. */
  #readBlock(role: string, node: TreeNode): void {
    const name = nameOf(node);
    const control = controls[role];
    const place = places[role];
    // A control may stand in the line of its term.
    if (!control || !this.#text.endsWith(': ')) this.#endText();
    if (role === 'heading') this.#say(`heading ${propertyOf(node, 'level')}: ${name}`);
    else if (role === 'image' || role === 'img') this.#say(`image: ${name || 'WITHOUT A NAME'}`);
    else if (control) {
      const before = this.#text;
      this.#text = '';
      this.#say(`${before}${control}: ${name || 'WITHOUT A NAME'}${statesOf(node)}`);
    } else if (place && (name || !namedOnly.has(role))) this.#readPlace(place, node);
    else {
      this.#readWithin(node);
      this.#endText();
    }
  }

  #controlsIn(node: TreeNode): TreeNode[] {
    return this.#childrenOf(node).flatMap((child) =>
      controls[child.role?.value ?? ''] ? [child] : this.#controlsIn(child),
    );
  }

  #childrenOf({ childIds = [] }: TreeNode): TreeNode[] {
    return childIds.flatMap((id) => this.#nodes.get(id) ?? []);
  }

  #readPlace(place: string, node: TreeNode): void {
    const name = nameOf(node);
    this.#say(`${place}${name && ': '}${name}${this.#counts.get(node.nodeId) ?? ''}`);
    this.#depth += 1;
    this.#named = name;
    this.#readWithin(node);
    this.#endText();
    this.#depth -= 1;
  }

  #readWithin(node: TreeNode): void {
    for (const child of this.#childrenOf(node)) this.#read(child);
  }

  #endText(): void {
    const text = this.#text.replace(/\s+/g, ' ').trim();
    this.#text = '';
    // The words that have just named the place are not read again.
    if (text !== '' && text !== this.#named) this.#say(text);
  }

  #say(line: string): void {
    this.#named = '';
    this.#lines.push(`${'  '.repeat(this.#depth)}${line}`);
  }
}

function nameOf({ name }: TreeNode): string {
  return (name?.value ?? '').replace(/\s+/g, ' ').trim();
}

function propertyOf({ properties = [] }: TreeNode, name: string): string {
  const value = properties.find((property) => property.name === name)?.value.value;
  return value === undefined ? '' : String(value);
}

function statesOf(node: TreeNode): string {
  const states = [
    propertyOf(node, 'disabled') === 'true' && 'not available',
    propertyOf(node, 'expanded') === 'true' && 'open',
    propertyOf(node, 'expanded') === 'false' && 'closed',
    propertyOf(node, 'pressed') === 'true' && 'pressed',
    propertyOf(node, 'selected') === 'true' && 'selected',
    propertyOf(node, 'checked') === 'true' && 'checked',
  ].filter((state) => state !== false);
  return states.length === 0 ? '' : `, ${states.join(', ')}`;
}

/** Notes from now on what the page's live regions say. */
export async function listen(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const said: string[] = [];
    Reflect.set(window, 'said', said);
    const selector = '[aria-live]:not([aria-live=off]), [role=status], [role=log], [role=alert]';
    new MutationObserver((changes) => {
      const texts: (string | null)[] = [];
      for (const { target, addedNodes, type } of changes) {
        const element = target instanceof Element ? target : target.parentElement;
        const isLive = element?.closest(selector) != null;
        if (type === 'characterData') texts.push(isLive ? target.textContent : null);
        for (const node of addedNodes) {
          const own = node instanceof Element && (node.matches(selector) ? node : node.querySelector(selector));
          texts.push(isLive ? node.textContent : own ? own.textContent : null);
        }
      }
      said.push(...texts.flatMap((text) => text?.replace(/\s+/g, ' ').trim() || []));
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  return () => page.evaluate(() => Reflect.get(window, 'said') as string[]);
}
