import { trouble } from 'texts:everywhere';
import type { MetaFunction } from '@remix-run/node';
import { tabTitle } from '../frame/pages.ts';
import { Trouble } from '../frame/trouble.tsx';

export const meta: MetaFunction = () => [{ title: tabTitle(trouble.nothingHere) }];

export function loader() {
  throw new Response('Not found', { status: 404 });
}

export default function NotFound() {
  return <Trouble status={404} />;
}

export function ErrorBoundary() {
  return <Trouble status={404} />;
}
