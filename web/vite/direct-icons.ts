import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Plugin } from 'vite';

const ownIcon = fileURLToPath(new URL('../app/ui/looks/icon.ts', import.meta.url));

/** Has each icon imported from its own module: through the package's one list of all, every page would seem to need every icon. */
export function directIcons(): Plugin[] {
  return [importedAlone(), drawnByUs()];
}

/** Has icons made by our own function. */
function drawnByUs(): Plugin {
  return {
    name: 'drawn-by-us',
    apply: 'build',
    enforce: 'pre',
    resolveId: (id, importer, options) =>
      !options.ssr && id === '../createLucideIcon.mjs' && importer?.includes('lucide-react') ? ownIcon : null,
  };
}

function importedAlone(): Plugin {
  const entry = createRequire(import.meta.url).resolve('lucide-react');
  const list = entry.replace(/cjs[/\\][^/\\]*$/, 'esm/lucide-react.mjs');
  const files = new Map<string, string>();
  for (const [, names, file] of readFileSync(list, 'utf8').matchAll(/export \{([^}]*)\} from '(\.\/icons\/[^']*)'/g)) {
    for (const [, name] of (names ?? '').matchAll(/default as (\w+)/g)) files.set(name as string, file as string);
  }
  return {
    name: 'direct-icons',
    apply: 'build',
    enforce: 'post',
    transform(code, id, options) {
      if (options?.ssr || id.includes('node_modules') || !code.includes('lucide-react')) return null;
      return code.replace(/import\s*\{([^}]*)\}\s*from\s*["']lucide-react["'];?/g, (_, names: string) =>
        names
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== '')
          .map((name) => {
            const [icon, as = icon] = name.split(/\s+as\s+/) as [string, string?];
            const file = files.get(icon);
            if (file === undefined) throw new Error(`lucide-react has no icon ${icon}`);
            return `import ${as} from ${JSON.stringify(fileURLToPath(new URL(file, pathToFileURL(list))))};`;
          })
          .join('\n'),
      );
    },
  };
}
