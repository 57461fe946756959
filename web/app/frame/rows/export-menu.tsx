import { list as texts } from 'texts:chat';
import { ChevronLeft, ChevronRight, Download, FileCode, FileJson, FileText, Printer } from 'lucide-react';
import { basePath } from '../../ui/browser/base-path.ts';
import { MenuItem, MenuSeparator, SubMenu, SubMenuContent, SubMenuTrigger } from '../../ui/menu.tsx';
import { useToast } from '../../ui/toast.tsx';

const forms = [
  { extension: 'md', name: 'Markdown', icon: FileText },
  { extension: 'html', name: 'HTML', icon: FileCode },
  { extension: 'json', name: texts.jsonWithBranches, icon: FileJson },
] as const;

interface ExportMenuProps extends ExportItemsProps {
  /** Called where there is no room for a menu beside this one: `ExportItems` are to take the place of its items. */
  onInPlace: () => void;
}

/** The item of a conversation's menu that takes it along. */
export function ExportMenu({ conversationId, onInPlace }: ExportMenuProps) {
  const words = (
    <>
      <Download /> {texts.export} <ChevronRight className="ms-auto rtl:-scale-x-100" />
    </>
  );
  // A menu is rendered when it is opened, and so never on the server.
  if (matchMedia('(width < 768px)').matches) {
    return (
      <MenuItem aria-haspopup="menu" onSelect={keepingOpen(onInPlace)}>
        {words}
      </MenuItem>
    );
  }
  return (
    <SubMenu>
      <SubMenuTrigger>{words}</SubMenuTrigger>
      <SubMenuContent>
        <ExportItems conversationId={conversationId} />
      </SubMenuContent>
    </SubMenu>
  );
}

interface ExportItemsProps {
  conversationId: string;
}

/** The forms in which a conversation is taken along; with `onBack`, behind an item that leads back. */
export function ExportItems({ conversationId, onBack }: ExportItemsProps & { onBack?: () => void }) {
  const toast = useToast();
  const address = (extension: string) =>
    `${basePath()}/export/conversation/${encodeURIComponent(conversationId)}.${extension}`;
  async function print(): Promise<void> {
    try {
      const { printPage } = await import('../../ui/browser/print-page.ts');
      await printPage(`${address('html')}?print`);
    } catch {
      toast({ text: texts.notPrinted });
    }
  }
  return (
    <>
      {onBack ? (
        <>
          <MenuItem onSelect={keepingOpen(onBack)}>
            <ChevronLeft className="rtl:-scale-x-100" /> {texts.backFromExport}
          </MenuItem>
          <MenuSeparator />
        </>
      ) : null}
      {forms.map(({ extension, name, icon: Icon }) => (
        <MenuItem key={extension} asChild>
          <a href={address(extension)} download>
            <Icon /> {name}
          </a>
        </MenuItem>
      ))}
      <MenuItem onSelect={() => void print()}>
        <Printer /> {texts.print}
      </MenuItem>
    </>
  );
}

/** What an item does that leaves its menu open. */
function keepingOpen(act: () => void) {
  return (event: Event): void => {
    event.preventDefault();
    act();
  };
}
