import type { MeterProvider } from '@opentelemetry/api';
import { OTLPExporterBase } from '@opentelemetry/otlp-exporter-base';
import { createOtlpHttpExportDelegate, httpAgentFactoryFromOptions } from '@opentelemetry/otlp-exporter-base/node-http';
import {
  type IExporterMetricsHelper,
  type ISerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  MetricsExporterMetricsHelper,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
  TraceExporterMetricsHelper,
} from '@opentelemetry/otlp-transformer';
import { AggregationTemporality, type PushMetricExporter, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { OtlpTarget } from '../../config/open-telemetry.ts';

/*
 * The exporters are put together from OpenTelemetry's own parts. Its ready ones read the process's environment beside
 * what they are told; an app in another program's process must not, and `.env` is not in the environment.
 */

export function createSpanExporter(target: OtlpTarget): SpanExporter {
  const serializer = target.protocol === 'http/json' ? JsonTraceSerializer : ProtobufTraceSerializer;
  return new OTLPExporterBase<ReadableSpan[]>(delegateOf(target, serializer, TraceExporterMetricsHelper));
}

export function createMetricExporter(target: OtlpTarget): PushMetricExporter {
  const serializer = target.protocol === 'http/json' ? JsonMetricsSerializer : ProtobufMetricsSerializer;
  const exporter = new OTLPExporterBase<ResourceMetrics>(delegateOf(target, serializer, MetricsExporterMetricsHelper));
  return Object.assign(exporter, { selectAggregationTemporality: () => AggregationTemporality.CUMULATIVE });
}

/** How many batches are on their way at once. */
const CONCURRENCY = 4;

function delegateOf<Internal, Response>(
  { url, protocol, headers, timeoutMs, compression }: OtlpTarget,
  serializer: ISerializer<Internal, Response>,
  helper: IExporterMetricsHelper<Internal>,
) {
  const contentType = protocol === 'http/json' ? 'application/json' : 'application/x-protobuf';
  const noMeters: MeterProvider | undefined = undefined;
  return createOtlpHttpExportDelegate(
    {
      url,
      headers: async () => ({ ...headers, 'Content-Type': contentType }),
      timeoutMillis: timeoutMs,
      concurrencyLimit: CONCURRENCY,
      compression: compression as never,
      agentFactory: httpAgentFactoryFromOptions({ keepAlive: true }),
    },
    serializer,
    'otlp_http_exporter',
    helper,
    noMeters,
  );
}
