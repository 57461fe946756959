import { passwordReset as texts } from 'texts:sign-in';
import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { ForgottenPassword } from '../account/forgotten-password.tsx';
import { DoorDocument } from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';

export const meta: MetaFunction = () => [{ title: `${texts.forgot} · Polylogue` }];

export async function loader(args: LoaderFunctionArgs) {
  const { server } = await query(args, DoorDocument, {});
  return { door: server };
}

export default function ForgotPassword() {
  const { door } = useLoaderData<typeof loader>();
  return <ForgottenPassword door={door} />;
}
