import { z } from 'zod';
import { integer, isOrigin, oneOf } from './values.ts';

/** What files may be, and where their bytes are. */
export interface FileSettings {
  /** Of one file, as it is uploaded. */
  bytesMax: number;
  /** Of a file of conversations that is imported. */
  importBytesMax: number;
  /** Whether files that programs name by their address are fetched. */
  fetchesUrls: boolean;
  /** Null: they are in the database. */
  bucket: BucketSettings | null;
}

/** A bucket of S3, or of anything that speaks its protocol. */
export interface BucketSettings {
  bucket: string;
  /** What the keys begin with: empty, or with a slash at its end. */
  prefix: string;
  /** An origin; null: Amazon's of the region. */
  endpoint: string | null;
  region: string;
  /** Whether the bucket's name stands in the path, and not in the host. */
  pathStyle: boolean;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string | null;
}

export const fileSettings = {
  FILE_MB_MAX: integer(1, 1000).default(20),
  IMPORT_MB_MAX: integer(1, 4000).default(500),
  FILES_URL: z.string().optional(),
  FILE_URLS: oneOf(['on', 'off']).default('off'),
};

/** The names that every program for S3 knows. */
export const bucketVariables = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_S3',
] as const;

type Variables = Readonly<Partial<Record<string, string>>>;

/** Mistakes go to `problems`; none of them shows a part of the address, which may hold a secret. */
export function readFileSettings(
  {
    FILE_MB_MAX,
    IMPORT_MB_MAX,
    FILES_URL,
    FILE_URLS,
  }: { FILE_MB_MAX: number; IMPORT_MB_MAX: number; FILES_URL?: string | undefined; FILE_URLS: 'on' | 'off' },
  variables: Variables,
  problems: string[],
): FileSettings {
  const limits = {
    bytesMax: FILE_MB_MAX * 1_000_000,
    importBytesMax: IMPORT_MB_MAX * 1_000_000,
    fetchesUrls: FILE_URLS === 'on',
  };
  if (FILES_URL === undefined) return { ...limits, bucket: null };
  const bucket = readBucket(FILES_URL, variables, (message) => problems.push(`FILES_URL: ${message}`));
  return { ...limits, bucket };
}

const options = ['endpoint', 'region', 'style'];

function readBucket(text: string, variables: Variables, problem: (message: string) => void): BucketSettings | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== 's3:' || !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(url.hostname)) {
    problem('expected s3://bucket or s3://bucket/prefix, with ?endpoint=https://… for a server other than Amazon’s');
    return null;
  }
  const { searchParams: query } = url;
  const unknown = [...query.keys()].find((name) => !options.includes(name));
  if (unknown !== undefined) problem(`expected no other options in its query than ${options.join(', ')}`);
  const endpoint = query.get('endpoint') ?? variables.AWS_ENDPOINT_URL_S3 ?? variables.AWS_ENDPOINT_URL ?? null;
  if (endpoint !== null && !isOrigin(endpoint)) problem('expected an endpoint such as https://s3.example.com');
  const style = query.get('style') ?? (endpoint === null ? 'host' : 'path');
  if (style !== 'host' && style !== 'path') problem('expected the style to be host or path');
  const accessKeyId = decoded(url.username) || variables.AWS_ACCESS_KEY_ID;
  const secretAccessKey = decoded(url.password) || variables.AWS_SECRET_ACCESS_KEY;
  if (!accessKeyId || !secretAccessKey) {
    problem('expected a key: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or s3://key:secret@bucket');
    return null;
  }
  const prefix = decoded(url.pathname).replace(/^\/+|\/+$/g, '');
  return {
    bucket: url.hostname,
    prefix: prefix === '' ? '' : `${prefix}/`,
    endpoint: endpoint !== null && isOrigin(endpoint) ? new URL(endpoint).origin : null,
    region: query.get('region') ?? variables.AWS_REGION ?? variables.AWS_DEFAULT_REGION ?? 'us-east-1',
    pathStyle: style === 'path',
    accessKeyId,
    secretAccessKey,
    sessionToken: url.username === '' ? (variables.AWS_SESSION_TOKEN ?? null) : null,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
