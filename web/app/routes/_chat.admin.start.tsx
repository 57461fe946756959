import { pages as texts } from 'texts:admin';
import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { FirstSteps } from '../admin/first-steps.tsx';
import { tabTitle } from '../frame/pages.ts';
import { FirstStepsDocument } from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';

export const meta: MetaFunction = () => [{ title: tabTitle(texts.firstSteps) }];

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, ...steps } = await query(args, FirstStepsDocument, {});
  // An auditor may read all of it, and take none of the steps.
  // not read by people: the page's error boundary has its own words.
  if (viewer?.role !== 'ADMIN') throw new Response('Admins only', { status: 403 });
  return steps;
}

export default function Start() {
  return <FirstSteps {...useLoaderData<typeof loader>()} />;
}
