import { type ComponentType, createContext, type ReactNode, useContext } from 'react';
import type { FileFieldsFragment } from '../graphql/generated/graphql.ts';

/** The files of a form as they are chosen. */
interface FormFiles {
  /** Those that the server has, in their order. */
  files: readonly FileFieldsFragment[];
  /** Whether none is on its way, and none was refused. */
  isWhole: boolean;
  clear(): void;
  /** The form's other fields with the files below them. */
  around(fields: ReactNode): ReactNode;
}

/** What takes and shows files. Prompts of conversations have it; the page brings it along. */
export interface FileParts {
  useFormFiles(initial: readonly FileFieldsFragment[]): FormFiles;
  FileTiles: ComponentType<{ files: readonly FileFieldsFragment[]; own?: boolean }>;
}

const Parts = createContext<FileParts | null>(null);

export const FilePartsProvider = Parts.Provider;

export function useFileParts(): FileParts {
  const parts = useContext(Parts);
  if (!parts) throw new Error('The page brings no parts for files.');
  return parts;
}
