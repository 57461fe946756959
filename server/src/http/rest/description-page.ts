import { createHash } from 'node:crypto';
import type { DescribedOperation, Description, Schema } from './description.ts';

/** The description as a page for people: no script, and nothing from elsewhere. */
export function pageOf(description: Description): { html: string; policy: string } {
  const { info, servers, paths, components } = description;
  const origin = servers[0]?.url ?? '';
  const base = new URL(origin).pathname.replace(/\/+$/, '');
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>${text(info.title)} · REST API</title><style>${style}</style></head>
<body><header><p class="brand"><a href="${base}/">${text(info.title)}</a></p><h1>REST API</h1><p>${prose(info.description)}</p>
<p class="links"><a href="${base}/api/v1/openapi.json">OpenAPI 3.1</a><a href="${base}/graphql">GraphiQL</a></p>
<pre><code>Authorization: Bearer plk_…</code></pre></header>
<main>${description.tags
    .map(
      ({ name }) =>
        `<section><h2>${text(name)}</h2>${operations
          .filter(({ operation }) => operation.tags.includes(name))
          .map((one) => operationOf(one, origin))
          .join('')}</section>`,
    )
    .join('')}
<section><h2>Shapes</h2>${Object.entries(components.schemas)
    .map(([name, schema]) => `<article id="${text(name)}"><h3>${text(name)}</h3>${fieldsOf(schema)}</article>`)
    .join('')}</section></main></body></html>`;
  return { html, policy };
}

function operationOf(
  { path, method, operation }: { path: string; method: string; operation: DescribedOperation },
  origin: string,
): string {
  const { summary, description, parameters = [], requestBody, responses } = operation;
  const body = requestBody?.content['application/json'];
  const refusals = Object.entries(responses).filter(([status]) => Number(status) >= 400);
  const answers = Object.entries(responses).filter(([status]) => Number(status) < 400);
  return `<article><h3><span class="method ${method.toLowerCase()}">${method}</span> <code>${text(path)}</code></h3>
<p><strong>${text(summary)}.</strong> ${prose(description ?? '')}</p>
${
  parameters.length > 0
    ? `<dl>${parameters
        .map(({ name, in: place, description: what, schema }) => row(name, `${place}, ${typeOf(schema)}`, what))
        .join('')}</dl>`
    : ''
}
${body ? `<p class="shape">Body: ${typeOf(body.schema)}</p>` : ''}
${answers
  .map(([status, { description: what, content = {} }]) => {
    const [mediaType, shape] = Object.entries(content)[0] ?? [];
    const type = shape ? `: ${mediaType === 'application/json' ? typeOf(shape.schema) : text(mediaType ?? '')}` : '';
    return `<p class="shape">${status} ${text(what)}${type}</p>`;
  })
  .join('')}
<details><summary>Refusals: ${refusals.map(([status]) => status).join(', ')}</summary><dl>${refusals
    .map(([status, { description: what }]) => row(status, '', what))
    .join('')}</dl></details>
<pre><code>${text(curlOf({ path, method, example: body?.example, origin }))}</code></pre></article>`;
}

function curlOf({ path, method, example, origin }: { path: string; method: string; example: unknown; origin: string }) {
  const url = `${origin}${path.replace('{id}', '$ID').replace('{provider}', 'gpt')}`;
  const lines = [`curl ${method === 'GET' ? '' : `-X ${method} `}"${url}"`, '  -H "Authorization: Bearer $KEY"'];
  if (example !== undefined) lines.push('  -H "Content-Type: application/json"', `  -d '${JSON.stringify(example)}'`);
  return lines.join(' \\\n');
}

function fieldsOf({ properties = {}, required = [], description }: Schema): string {
  const wanted = new Set(required as string[]);
  const fields = Object.entries(properties as Record<string, Schema>);
  return `${typeof description === 'string' ? `<p>${prose(description)}</p>` : ''}<dl>${fields
    .map(([name, schema]) => row(wanted.has(name) ? name : `${name}?`, typeOf(schema), schema.description))
    .join('')}</dl>`;
}

function row(name: string, type: string, what: unknown): string {
  return `<div><dt><code>${text(name)}</code></dt><dd>${type === '' ? '' : `<span class="type">${type}${typeof what === 'string' ? ' ·' : ''}</span> `}${typeof what === 'string' ? prose(what) : ''}</dd></div>`;
}

/** The type as HTML: a reference is a link to its shape. */
function typeOf(schema: Schema): string {
  const {
    $ref,
    type,
    items,
    anyOf,
    enum: values,
    properties,
  } = schema as {
    $ref?: string;
    type?: string | string[];
    items?: Schema;
    anyOf?: Schema[];
    enum?: unknown[];
    properties?: Record<string, Schema>;
  };
  if ($ref) {
    const name = $ref.split('/').at(-1) ?? '';
    return `<a href="#${text(name)}">${text(name)}</a>`;
  }
  if (anyOf) return anyOf.map(typeOf).join(' or ');
  if (values) return values.map((value) => text(JSON.stringify(value))).join(' or ');
  if (type === 'array') return `list of ${typeOf(items ?? {})}`;
  if (properties) {
    return `{ ${Object.entries(properties)
      .map(([name, field]) => `${text(name)}: ${typeOf(field)}`)
      .join(', ')} }`;
  }
  return text([type ?? 'any'].flat().join(' or '));
}

function text(value: string): string {
  return value.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Plain text with code between backticks. */
function prose(value: string): string {
  return text(value).replace(/`([^`]+)`/g, '<code>$1</code>');
}

/** In the colours and sizes of the web app's pages (web/app/app.css), with the reader's own fonts. */
const style = `
:root{color-scheme:light dark;--ground:light-dark(oklch(.987 .002 95),oklch(.192 .007 245));--card:light-dark(#fff,oklch(.219 .008 245));--ink:light-dark(oklch(.235 .012 250),oklch(.915 .006 245));--soft:light-dark(oklch(.47 .013 250),oklch(.72 .012 245));--line:light-dark(oklch(.902 .006 95),oklch(.298 .01 245));--accent:light-dark(oklch(.435 .078 205),oklch(.815 .085 200));--code:light-dark(oklch(.973 .003 95),oklch(.178 .007 245));--read:light-dark(oklch(.49 .1 155),oklch(.79 .12 155));--remove:light-dark(oklch(.5 .17 25),oklch(.76 .13 22))}
*{box-sizing:border-box}
body{margin:0 auto;max-width:56rem;padding:2rem 1.25rem 5rem;background:var(--ground);color:var(--ink);font:15px/24px ui-sans-serif,system-ui,sans-serif}
strong,h1,h2,h3{font-weight:600}a{color:var(--accent);text-underline-offset:3px}.brand{margin:0}.brand a{color:var(--soft);text-decoration:none}
h1{margin:.2rem 0 .6rem;font-size:24px;line-height:32px}h2{margin:2.5rem 0 .75rem;font-size:18px}
h3{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem;margin:0 0 .5rem;font-size:15px;overflow-wrap:anywhere}
.links{display:flex;gap:1.25rem}
article{margin:0 0 1rem;padding:1rem 1.25rem;border:1px solid var(--line);border-radius:10px;background:var(--card)}
article p{margin:.4rem 0}.shape,.type{color:var(--soft)}
.method{padding:0 .5rem;border:1px solid currentColor;border-radius:6px;font-size:12px;line-height:20px;letter-spacing:.04em;color:var(--accent)}
.method.get{color:var(--read)}.method.delete{color:var(--remove)}
code,pre{font:13px/20px ui-monospace,monospace}p code,dd code{padding:1px .3rem;border-radius:4px;background:var(--code)}
pre{overflow-x:auto;margin:.75rem 0 0;padding:.75rem 1rem;border:1px solid var(--line);border-radius:8px;background:var(--code)}
dl{margin:.6rem 0}dl div{display:grid;grid-template-columns:minmax(8rem,12rem) 1fr;gap:.25rem 1rem;padding:.35rem 0;border-top:1px solid var(--line)}
dt,dd{margin:0;overflow-wrap:anywhere}details{margin:.5rem 0}summary{color:var(--soft);cursor:pointer}
@media(max-width:36rem){dl div{grid-template-columns:1fr;gap:0}body{padding:1.25rem 1rem 4rem}article{padding:.75rem 1rem}}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}`;

const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
