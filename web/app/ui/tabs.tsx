import { Tabs as Primitive } from 'radix-ui';
import type { ReactNode } from 'react';

interface TabsProps {
  label: string;
  tabs: readonly { id: string; name: string; content: ReactNode }[];
}

/** Views of the same thing in one place, of which one is shown. The arrow keys go from tab to tab. */
export function Tabs({ label, tabs }: TabsProps) {
  return (
    <Primitive.Root defaultValue={tabs[0]?.id ?? ''} className="flex min-w-0 flex-col gap-3">
      <Primitive.List
        aria-label={label}
        className="flex w-fit max-w-full overflow-x-auto rounded-md border bg-muted p-0.5"
      >
        {tabs.map(({ id, name }) => (
          <Primitive.Trigger
            key={id}
            value={id}
            className="rounded-sm px-3 py-1 text-sm whitespace-nowrap text-muted-foreground -outline-offset-2 hover:text-foreground data-[state=active]:bg-card data-[state=active]:font-medium data-[state=active]:text-foreground"
          >
            {name}
          </Primitive.Trigger>
        ))}
      </Primitive.List>
      {tabs.map(({ id, content }) => (
        <Primitive.Content key={id} value={id} className="flex min-w-0 flex-col gap-3 rounded-md">
          {content}
        </Primitive.Content>
      ))}
    </Primitive.Root>
  );
}
