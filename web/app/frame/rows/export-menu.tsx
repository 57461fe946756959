import { list as texts } from 'texts:chat';
import { ChevronRight, Download, FileCode, FileJson, FileText, Printer } from 'lucide-react';
import { basePath } from '../../ui/browser/base-path.ts';
import { MenuItem, SubMenu, SubMenuContent, SubMenuTrigger } from '../../ui/menu.tsx';
import { useToast } from '../../ui/toast.tsx';

const forms = [
  { extension: 'md', name: 'Markdown', icon: FileText },
  { extension: 'html', name: 'HTML', icon: FileCode },
  { extension: 'json', name: texts.jsonWithBranches, icon: FileJson },
] as const;

/** The part of a conversation's menu that takes it along. */
export function ExportMenu({ conversationId }: { conversationId: string }) {
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
    <SubMenu>
      <SubMenuTrigger>
        <Download /> {texts.export} <ChevronRight className="ms-auto rtl:-scale-x-100" />
      </SubMenuTrigger>
      <SubMenuContent>
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
      </SubMenuContent>
    </SubMenu>
  );
}
