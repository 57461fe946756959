import { signIn as texts } from 'texts:sign-in';
import type { LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import { useLoaderData } from '@remix-run/react';
import { AuthForm } from '../account/auth-form.tsx';
import { DoorDocument } from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';

export const meta: MetaFunction = () => [{ title: `${texts.signIn} · Polylogue` }];

export async function loader(args: LoaderFunctionArgs) {
  const { server } = await query(args, DoorDocument, {});
  return { door: server };
}

export default function SignIn() {
  const { door } = useLoaderData<typeof loader>();
  return <AuthForm key="sign-in" kind="sign-in" door={door} />;
}
