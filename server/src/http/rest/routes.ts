import type { ServerResponse } from 'node:http';
import { problem } from '../calls/call-problem.ts';
import type { CallsOptions } from '../calls/call-request.ts';
import type { Route } from '../route.ts';
import { chatOperations } from './chat.ts';
import { conversationOperations } from './conversations.ts';
import { describe } from './description.ts';
import { pageOf } from './description-page.ts';
import { matchPath, type Operation, perform, sendJson } from './operation.ts';
import { providerChatOperations } from './provider-chat.ts';
import { refuse, refusing } from './refusal.ts';

const operations: readonly Operation[] = [...conversationOperations, ...chatOperations, ...providerChatOperations];

/** The REST API, its description (`/api/v1/openapi.json`), the description's page, and a 404 that programs can read. */
export function createRestRoutes(options: CallsOptions & { version: string }): Route[] {
  const { origins, version } = options;
  const description = () => describe(operations, { version, url: origins.publicUrl.origin + origins.basePath });
  return [
    {
      name: 'rest-description',
      matches: (path) => path === '/api/v1/openapi.json',
      handle: reading((res) => sendJson(res, 200, description())),
    },
    {
      name: 'rest-page',
      matches: (path) => /^\/api(\/v1)?(\/docs)?\/?$/.test(path) && !/^\/api\/docs/.test(path),
      handle: reading((res) => {
        const { html, policy } = pageOf(description());
        res.setHeader('Content-Security-Policy', policy);
        res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(html);
      }),
    },
    {
      name: 'rest',
      matches: (path) => operations.some((operation) => matchPath(operation.path, path)),
      handle: refusing(async (req, res) => {
        const { pathname } = new URL(req.url ?? '/', 'http://localhost');
        const here = operations.filter(({ path }) => matchPath(path, pathname));
        const operation = here.find(({ method }) => method === (req.method === 'HEAD' ? 'GET' : req.method));
        if (!operation) return refuseMethod(res, here.map(({ method }) => method).join(', '));
        await perform(operation, { req, res, parameters: matchPath(operation.path, pathname) ?? {} }, options);
      }),
    },
    {
      name: 'nothing',
      isFallback: true,
      matches: (path) => /^\/(api|v1|chat)(\/|$)/.test(path),
      handle: (_req, res) => refuse(res, problem('missing', 'There is nothing here. See /api/v1/docs.')),
    },
  ];
}

/** Node leaves out the body of an answer to HEAD. */
function reading(answer: (res: ServerResponse) => void): Route['handle'] {
  return ({ method }, res) => {
    if (method === 'GET' || method === 'HEAD') answer(res);
    else refuseMethod(res, 'GET, HEAD');
  };
}

function refuseMethod(res: ServerResponse, allowed: string): void {
  refuse(res.setHeader('Allow', allowed), problem('methodNotAllowed', `Use ${allowed}.`));
}
