import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface CollectedSpan {
  name: string;
  /** 1: internal, 2: server, 3: client. */
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId: string | null;
  startMs: number;
  endMs: number;
  failed: boolean;
  attributes: Record<string, unknown>;
}

export interface CollectedRequest {
  path: string;
  headers: NodeJS.Dict<string | string[]>;
  body: Buffer;
}

/** A collector of OpenTelemetry, which reads OTLP over HTTP. */
export interface Collector {
  url: string;
  requests: CollectedRequest[];
  /** All spans that came as JSON. */
  spans(): CollectedSpan[];
  /** The points of a metric, each with its attributes, as the last JSON has them. */
  points(metric: string): { attributes: Record<string, unknown>; count: number; sum: number }[];
  close(): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: OTLP's JSON, read as deeply as the test likes
type Json = any;

export async function startCollector(): Promise<Collector> {
  const requests: CollectedRequest[] = [];
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    const sent = Buffer.concat(chunks);
    const body = req.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    requests.push({ path: req.url ?? '', headers: req.headers, body });
    res.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sentTo = (path: string): Json[] =>
    requests.filter((request) => request.path === path).map(({ body }) => JSON.parse(String(body)));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    spans: () =>
      sentTo('/v1/traces')
        .flatMap(({ resourceSpans }) => resourceSpans)
        .flatMap(({ scopeSpans }) => scopeSpans)
        .flatMap(({ spans }) => spans)
        .map(toSpan),
    points: (metric) =>
      sentTo('/v1/metrics')
        .slice(-1)
        .flatMap(({ resourceMetrics }) => resourceMetrics)
        .flatMap(({ scopeMetrics }) => scopeMetrics)
        .flatMap(({ metrics }) => metrics)
        .filter(({ name }: Json) => name === metric)
        .flatMap(({ histogram }: Json) => histogram.dataPoints)
        .map(({ attributes, count, sum }: Json) => ({ attributes: toRecord(attributes), count: Number(count), sum })),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function toSpan(span: Json): CollectedSpan {
  const { name, kind, traceId, spanId, parentSpanId, startTimeUnixNano, endTimeUnixNano, status, attributes } = span;
  const [startMs, endMs] = [startTimeUnixNano, endTimeUnixNano].map((nanoseconds) => Number(nanoseconds) / 1e6);
  return {
    name,
    kind,
    traceId,
    spanId,
    parentSpanId: parentSpanId || null,
    startMs: startMs as number,
    endMs: endMs as number,
    failed: status?.code === 2,
    attributes: toRecord(attributes),
  };
}

function toRecord(attributes: Json[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, toValue(value)]));
}

function toValue(value: Json): unknown {
  if (value.arrayValue) return value.arrayValue.values.map(toValue);
  const [given] = Object.values(value);
  return 'intValue' in value ? Number(given) : given;
}
