import { frame as texts } from 'texts:chat';
import { Search } from 'lucide-react';
import type { ComponentProps } from 'react';

interface SearchFieldProps extends Omit<ComponentProps<'input'>, 'value' | 'onChange'> {
  search: string;
  onSearch: (search: string) => void;
}

/** The palette's field, which is there before its commands are. */
export function SearchField({ search, onSearch, ...props }: SearchFieldProps) {
  return (
    <div className="flex h-12 items-center gap-3 border-b px-4">
      <Search className="size-4 shrink-0 text-muted-foreground" aria-hidden="true" />
      <input
        // biome-ignore lint/a11y/noAutofocus: the palette was opened to type
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-label={texts.searchEverything}
        placeholder={texts.paletteHint}
        className="h-full min-w-0 flex-1 bg-transparent outline-none"
        value={search}
        onChange={(event) => onSearch(event.target.value)}
        {...props}
      />
    </div>
  );
}
