import { pages as texts } from 'texts:admin';
import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { Invitations } from '../admin/invitations.tsx';
import { tabTitle } from '../frame/pages.ts';
import { InvitationsDocument } from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';

export const meta: MetaFunction = () => [{ title: tabTitle(texts.invitations) }];

export async function loader(args: LoaderFunctionArgs) {
  const { invitations, server, teams, tiers } = await query(args, InvitationsDocument, {});
  return { invitations, rule: server.signUp, teams, tiers };
}

export default function InvitationsPage() {
  return <Invitations {...useLoaderData<typeof loader>()} />;
}
