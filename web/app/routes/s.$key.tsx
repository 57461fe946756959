import { page as texts } from 'texts:share';
import { data, type HeadersFunction, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { Link, useLoaderData, useParams, useRouteError } from '@remix-run/react';
import { SharedPage } from '../conversation/sharing/shared-page.tsx';
import { tabTitle } from '../frame/pages.ts';
import { statusOf, Trouble } from '../frame/trouble.tsx';
import { SharedDocument } from '../graphql/generated/graphql.ts';
import { query } from '../graphql/query.server.ts';
import { Button } from '../ui/button.tsx';

/** A share is for people who were given its address: no search engine keeps it, and no site is told the address. */
export const headers: HeadersFunction = () => ({
  'X-Robots-Tag': 'noindex, nofollow, noarchive',
  'Referrer-Policy': 'no-referrer',
});

export const meta: MetaFunction<typeof loader> = ({ data }) => [
  { title: tabTitle(data?.shared.title ?? texts.nothingTab) },
  { name: 'robots', content: 'noindex, nofollow, noarchive' },
  { name: 'referrer', content: 'no-referrer' },
];

/** By this cookie a reader without an account is shown the answers in the same order, and judges once. */
const READER_SECONDS = 365 * 24 * 60 * 60;

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, sharedConversation: shared } = await query(args, SharedDocument, { key: args.params.key ?? '' });
  if (!shared) throw data(null, { status: 404 });
  const { newReader, ...shown } = shared;
  const init = newReader === null ? {} : { headers: { 'Set-Cookie': readerCookie(args, newReader) } };
  return data({ viewer, shared: { ...shown, newReader: null } }, init);
}

function readerCookie({ request, context }: LoaderFunctionArgs, token: string): string {
  const secure = new URL(request.url).protocol === 'https:' ? '; Secure' : '';
  const path = context.basePath || '/';
  return `polylogue_reader=${token}; Path=${path}; Max-Age=${READER_SECONDS}; HttpOnly; SameSite=Lax${secure}`;
}

export default function Shared() {
  const { viewer, shared } = useLoaderData<typeof loader>();
  const { key = '' } = useParams();
  return <SharedPage shareKey={key} shared={shared} viewer={viewer ?? null} />;
}

export function ErrorBoundary() {
  const status = statusOf(useRouteError());
  const { key = '' } = useParams();
  if (status !== 404) return <Trouble status={status} />;
  return (
    <main className="touch flex h-full min-h-80 flex-1 flex-col items-center justify-center gap-4 p-6 text-center">
      <h1 className="text-xl font-semibold">{texts.nothing}</h1>
      <p className="max-w-96 text-balance text-muted-foreground">{texts.nothingWhy}</p>
      <div className="mt-2 flex gap-2">
        <Button asChild variant="primary">
          <Link reloadDocument to={`/sign-in?to=${encodeURIComponent(`/s/${key}`)}`}>
            {texts.signInOnly}
          </Link>
        </Button>
        <Button asChild>
          <Link reloadDocument to="/">
            {texts.toChat}
          </Link>
        </Button>
      </div>
    </main>
  );
}
