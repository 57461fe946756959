import { expect, it } from 'vitest';
import { readOpenTelemetry } from '../../src/config/open-telemetry.ts';

function read(variables: Record<string, string>) {
  const problems: string[] = [];
  return { settings: readOpenTelemetry(variables, problems), problems };
}

it.each<Record<string, string>>([
  {},
  { OTEL_SERVICE_NAME: 'chat', OTEL_RESOURCE_ATTRIBUTES: 'a=b' },
  { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_SDK_DISABLED: 'TRUE' },
  { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' },
])('%j asks for no collector', (variables) => {
  expect(read(variables)).toEqual({ settings: null, problems: [] });
});

it('one endpoint is for all kinds of data, with a path for each, and one of its own is taken as it is', () => {
  const { settings } = read({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318/base/',
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'https://m.example/in',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20x, tenant = a',
    OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'tenant=b',
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_TIMEOUT: '2500',
  });
  const common = { timeoutMs: 2500, compression: 'none' };
  expect(settings).toEqual({
    traces: {
      ...common,
      url: 'http://c:4318/base/v1/traces',
      protocol: 'http/json',
      headers: { authorization: 'Basic x', tenant: 'a' },
    },
    metrics: {
      ...common,
      url: 'https://m.example/in',
      protocol: 'http/protobuf',
      headers: { authorization: 'Basic x', tenant: 'b' },
    },
    resource: { 'service.name': 'polylogue' },
    sampler: { name: 'parentbased_always_on', ratio: 1 },
    spanDelayMs: 5000,
    metricIntervalMs: 60_000,
  });
});

it('an exporter that is asked for by name sends to this machine, and the service has the name that it is given', () => {
  const { settings } = read({
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_SERVICE_NAME: 'chat',
    OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,deployment.environment=a%2Cb',
    OTEL_TRACES_SAMPLER: 'traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.25',
  });
  expect(settings).toMatchObject({
    traces: { url: 'http://localhost:4318/v1/traces' },
    metrics: null,
    resource: { 'service.name': 'chat', 'deployment.environment': 'a,b' },
    sampler: { name: 'traceidratio', ratio: 0.25 },
  });
});

it('mistakes are named once and without their values', () => {
  const secret = 'S3cret';
  const { problems } = read({
    OTEL_EXPORTER_OTLP_ENDPOINT: `ftp://${secret}`,
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_HEADERS: `${secret}`,
    OTEL_RESOURCE_ATTRIBUTES: 'a=%zz',
    OTEL_TRACES_SAMPLER_ARG: '2',
  });
  expect(problems).toEqual([
    'OTEL_EXPORTER_OTLP_ENDPOINT: expected an address that begins with http:// or https://',
    'OTEL_EXPORTER_OTLP_PROTOCOL: expected http/protobuf or http/json',
    'OTEL_EXPORTER_OTLP_HEADERS: expected key=value pairs with commas between them, percent-encoded',
    'OTEL_RESOURCE_ATTRIBUTES: expected key=value pairs with commas between them, percent-encoded',
    'OTEL_TRACES_SAMPLER_ARG: expected a number from 0 to 1',
  ]);
});
