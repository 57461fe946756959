import { pages as texts } from 'texts:admin';
import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { AuditLog } from '../admin/audit-log.tsx';
import { tabTitle } from '../frame/pages.ts';
import { AuditLogDocument } from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';

export const meta: MetaFunction = () => [{ title: tabTitle(texts.auditLog) }];

const entriesAtOnce = 50;

export async function loader(args: LoaderFunctionArgs) {
  const after = new URL(args.request.url).searchParams.get('after');
  const { admin } = await query(args, AuditLogDocument, { first: entriesAtOnce, after });
  return { log: admin.auditLog };
}

export default function Audit() {
  const { log } = useLoaderData<typeof loader>();
  return <AuditLog log={log} />;
}
