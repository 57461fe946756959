import type { SentFiles } from '../../domain/ground/stored-files.ts';
import { builder } from '../ground/builder.ts';

export const FileForm = builder.enumType('FileForm', {
  description: 'As what a model is sent a file.',
  values: {
    NATIVE: { description: 'The file itself, an image or a PDF.' },
    TEXT: {
      description: 'The text that was read out of it: of a document, or because the model cannot read such files.',
    },
    LEFT_OUT: {
      description: 'Not at all: only a model that merges answers is asked without a file that it cannot read.',
    },
  } as const,
});

export function toFileForm(form: SentFiles['forms'][number]) {
  return form ?? 'LEFT_OUT';
}
