/** How the server tells a collector of OpenTelemetry what it does. */
export interface OpenTelemetrySettings {
  /** Null: no traces. */
  traces: OtlpTarget | null;
  /** Null: no metrics. */
  metrics: OtlpTarget | null;
  /** `service.name` and what else describes this server. */
  resource: Readonly<Record<string, string>>;
  sampler: { name: (typeof samplers)[number]; ratio: number };
  /** How long spans are gathered before they are sent. */
  spanDelayMs: number;
  metricIntervalMs: number;
}

/** Where and how one kind of data is sent. */
export interface OtlpTarget {
  url: string;
  protocol: (typeof protocols)[number];
  headers: Readonly<Record<string, string>>;
  timeoutMs: number;
  compression: 'gzip' | 'none';
}

const protocols = ['http/protobuf', 'http/json'] as const;
const compressions = ['gzip', 'none'] as const;
const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

const signals = ['TRACES', 'METRICS'] as const;
type Signal = (typeof signals)[number];

/** What may be set for all kinds of data, and for each of them alone. */
const ofSignals = ['ENDPOINT', 'PROTOCOL', 'HEADERS', 'TIMEOUT', 'COMPRESSION'] as const;

/** The variables that are read; they mean what OpenTelemetry's specification says. */
export const openTelemetryVariables: string[] = [
  ...ofSignals.flatMap((name) =>
    ['', ...signals.map((signal) => `${signal}_`)].map((of) => `OTEL_EXPORTER_OTLP_${of}${name}`),
  ),
  ...signals.map((signal) => `OTEL_${signal}_EXPORTER`),
  'OTEL_SDK_DISABLED',
  'OTEL_SERVICE_NAME',
  'OTEL_RESOURCE_ATTRIBUTES',
  'OTEL_TRACES_SAMPLER',
  'OTEL_TRACES_SAMPLER_ARG',
  'OTEL_BSP_SCHEDULE_DELAY',
  'OTEL_METRIC_EXPORT_INTERVAL',
];

/**
 * The settings that the variables make; null: none of them asks for a collector. A mistake goes to `problems`, without
 * the value, which may be a secret.
 */
export function readOpenTelemetry(
  variables: Readonly<Record<string, string>>,
  problems: string[],
): OpenTelemetrySettings | null {
  if (variables.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return null;
  const reader = new Reader(variables, problems);
  const [traces, metrics] = signals.map((signal) => targetOf(signal, reader)) as [OtlpTarget | null, OtlpTarget | null];
  if (!traces && !metrics) return null;
  const { OTEL_SERVICE_NAME: name } = variables;
  return {
    traces,
    metrics,
    resource: {
      'service.name': 'polylogue',
      ...reader.pairs('OTEL_RESOURCE_ATTRIBUTES'),
      ...(name && { 'service.name': name }),
    },
    sampler: {
      name: reader.oneOf('OTEL_TRACES_SAMPLER', samplers, 'parentbased_always_on'),
      ratio: reader.number('OTEL_TRACES_SAMPLER_ARG', { from: 0, to: 1, standard: 1 }),
    },
    spanDelayMs: reader.number('OTEL_BSP_SCHEDULE_DELAY', { from: 0, to: MS_MAX, standard: 5000 }),
    metricIntervalMs: reader.number('OTEL_METRIC_EXPORT_INTERVAL', { from: 100, to: MS_MAX, standard: 60_000 }),
  };
}

const MS_MAX = 3_600_000;

/** The packages of OpenTelemetry would send to this machine without being asked; this server has to be asked. */
function targetOf(signal: Signal, reader: Reader): OtlpTarget | null {
  const general = reader.url('OTEL_EXPORTER_OTLP_ENDPOINT');
  const own = reader.url(`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`);
  const exporter = reader.oneOf(`OTEL_${signal}_EXPORTER`, ['otlp', 'none', ''], '');
  const isAsked = exporter === 'otlp' || (exporter === '' && (general ?? own) !== null);
  if (!isAsked) return null;
  const path = `v1/${signal.toLowerCase()}`;
  const url = own ?? `${(general ?? 'http://localhost:4318').replace(/\/$/, '')}/${path}`;
  const name = (what: (typeof ofSignals)[number]) => reader.nameOf(signal, what);
  return {
    url,
    protocol: reader.oneOf(name('PROTOCOL'), protocols, 'http/protobuf'),
    headers: { ...reader.pairs('OTEL_EXPORTER_OTLP_HEADERS'), ...reader.pairs(`OTEL_EXPORTER_OTLP_${signal}_HEADERS`) },
    timeoutMs: reader.number(name('TIMEOUT'), { from: 1, to: MS_MAX, standard: 10_000 }),
    compression: reader.oneOf(name('COMPRESSION'), compressions, 'none'),
  };
}

/** Reads variables by their kinds. What cannot be read is a problem, and its standard value stands in. */
class Reader {
  readonly #variables: Readonly<Record<string, string>>;
  readonly #problems: string[];

  constructor(variables: Readonly<Record<string, string>>, problems: string[]) {
    this.#variables = variables;
    this.#problems = problems;
  }

  /** The variable of the signal alone, if it is set. */
  nameOf(signal: Signal, what: string): string {
    const own = `OTEL_EXPORTER_OTLP_${signal}_${what}`;
    return this.#variables[own] === undefined ? `OTEL_EXPORTER_OTLP_${what}` : own;
  }

  oneOf<Value extends string>(name: string, values: readonly Value[], standard: Value): Value {
    const given = this.#variables[name];
    if (given === undefined) return standard;
    const value = values.find((one) => one === given.toLowerCase());
    return value ?? this.#problem(name, `expected ${values.filter((one) => one !== '').join(' or ')}`, standard);
  }

  number(name: string, { from, to, standard }: { from: number; to: number; standard: number }): number {
    const given = this.#variables[name];
    if (given === undefined) return standard;
    const value = Number(given);
    return value >= from && value <= to
      ? value
      : this.#problem(name, `expected a number from ${from} to ${to}`, standard);
  }

  url(name: string): string | null {
    const given = this.#variables[name];
    if (given === undefined) return null;
    if (/^https?:\/\//.test(given) && URL.canParse(given)) return given;
    return this.#problem(name, 'expected an address that begins with http:// or https://', null);
  }

  /** `key=value,key=value`, each percent-encoded. */
  pairs(name: string): Record<string, string> {
    const pairs = (this.#variables[name] ?? '').split(',').filter((pair) => pair.trim() !== '');
    try {
      return Object.fromEntries(
        pairs.map((pair) => {
          const [, key = '', value = ''] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
          if (key === '') throw new URIError();
          return [decodeURIComponent(key), decodeURIComponent(value)];
        }),
      );
    } catch {
      return this.#problem(name, 'expected key=value pairs with commas between them, percent-encoded', {});
    }
  }

  #problem<Value>(name: string, message: string, standard: Value): Value {
    const problem = `${name}: ${message}`;
    if (!this.#problems.includes(problem)) this.#problems.push(problem);
    return standard;
  }
}
