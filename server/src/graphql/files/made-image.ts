import { builder } from '../ground/builder.ts';
import { ImagePart } from '../response.ts';
import { File } from './file.ts';

builder.objectField(ImagePart, 'file', (t) => t.field({ type: File, resolve: ({ data }) => data.fileId }));
