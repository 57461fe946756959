import assets from 'texts-assets';
import { language } from './locale.ts';
import type { TextFiles } from './page-texts.tsx';

export const textFiles: TextFiles = { files: assets.files[language] ?? {}, ofRoutes: assets.ofRoutes };
