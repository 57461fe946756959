import type { LoaderFunctionArgs } from '@remix-run/node';
import { drawingDocument } from '../conversation/answer/drawing/drawing-document.ts';

export function loader({ context }: LoaderFunctionArgs): Response {
  return drawingDocument(context.nonce, context.basePath);
}
