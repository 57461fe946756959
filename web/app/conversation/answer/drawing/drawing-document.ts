import mermaid from 'mermaid/dist/mermaid.min.js?url';
import frame from './drawing-frame.js?url';

/**
 * The document in which drawings are made, for an iframe that painter.ts puts into the page. A model's text is drawn where
 * it can reach nothing: `sandbox` takes the document's origin, so that it reaches neither the session nor the page around it.
 *
 * @param base the path below which the server is
 */
export function drawingDocument(nonce: string, base: string): Response {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    // Mermaid puts styles into its drawings.
    "style-src 'unsafe-inline'",
    // not read by people: a rule of the policy
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
    'sandbox allow-scripts',
  ];
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Drawing</title>
<body><div id="drawing"></div>
<script nonce="${nonce}" src="${base}${mermaid}"></script>
<script nonce="${nonce}" src="${base}${frame}"></script>
</html>`;
  return new Response(html, {
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy.join('; '),
      'X-Frame-Options': 'SAMEORIGIN',
      'Cache-Control': 'no-store',
    },
  });
}
