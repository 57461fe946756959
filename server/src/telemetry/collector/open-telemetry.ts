import {
  type Attributes,
  type Context,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import type { OpenTelemetrySettings } from '../../config/open-telemetry.ts';
import type { AdmittedPrompt, EndedAttempt, EndedResponse, Observer, RequestOrigin } from '../../ports/observer.ts';
import { attemptAttributes, GenAIMetrics, hostOf } from './conventions.ts';
import { createMetricExporter, createSpanExporter } from './otlp-exporters.ts';
import { remoteParent } from './trace-context.ts';

export interface OpenTelemetry {
  observer: Observer;
  /** Sends what is left, for at most CLOSE_MS_MAX. */
  close(): Promise<void>;
}

export interface OpenTelemetryOptions extends OpenTelemetrySettings {
  version: string;
  /** A provider's base URL; null: the SDK's default. */
  baseURLOf(providerId: string): string | null;
  log: Logger;
}

const CLOSE_MS_MAX = 3000;
const NAME = 'polylogue';

/** Starts to send traces and metrics. They hold ids and figures, and never a message. */
export function startOpenTelemetry(options: OpenTelemetryOptions): OpenTelemetry {
  const { traces, metrics, version, spanDelayMs, metricIntervalMs, baseURLOf, log } = options;
  const hostOfProvider = (providerId: string) => hostOf(providerId, baseURLOf(providerId));
  reportFaultsTo(log);
  const resource = resourceFromAttributes({ 'service.version': version, ...options.resource });
  const tracers = new TracerProvider({
    resource,
    sampler: samplerOf(options.sampler),
    spanProcessors: traces
      ? [new BatchSpanProcessor({ exporter: createSpanExporter(traces), scheduledDelayMillis: spanDelayMs })]
      : [],
  });
  const meters = new MeterProvider({
    resource,
    readers: metrics
      ? [
          new PeriodicExportingMetricReader({
            exporter: createMetricExporter(metrics),
            exportIntervalMillis: metricIntervalMs,
          }),
        ]
      : [],
  });
  const spans = traces && new PromptSpans(tracers.getTracer(NAME, version), hostOfProvider);
  const figures = metrics && new GenAIMetrics(meters.getMeter(NAME, version));
  return {
    observer: {
      promptAdmitted: (prompt) => spans?.open(prompt),
      promptRefused() {},
      attemptEnded(attempt) {
        spans?.addAttempt(attempt);
        figures?.record(attempt, hostOfProvider(attempt.providerId));
      },
      responseEnded: (response) => spans?.addSettlement(response),
    },
    async close() {
      spans?.close();
      const sent = Promise.allSettled([tracers.shutdown(), meters.shutdown()]);
      await Promise.race([sent, new Promise((resolve) => setTimeout(resolve, CLOSE_MS_MAX).unref())]);
    },
  };
}

/** A prompt whose responses have not all ended. */
interface OpenPrompt {
  span: Span;
  /** Makes spans children of the prompt's. */
  context: Context;
  running: number;
}

/**
 * The spans of prompts: one for each prompt until its last answer is settled, and below it one for each attempt and each
 * settlement. An attempt's span is made when it has ended, so that a stream keeps nothing open.
 */
class PromptSpans {
  readonly #tracer: Tracer;
  readonly #hostOf: (providerId: string) => string | null;
  /** By the ids of their responses. */
  readonly #prompts = new Map<string, OpenPrompt>();

  constructor(tracer: Tracer, hostOf: (providerId: string) => string | null) {
    this.#tracer = tracer;
    this.#hostOf = hostOf;
  }

  open({ origin, kind, turnId, conversationId, memberId, responses, startedAt, durationMs }: AdmittedPrompt): void {
    const attributes: Attributes = {
      ...requestAttributes(origin),
      'gen_ai.conversation.id': conversationId,
      'user.id': memberId,
      'polylogue.prompt.kind': kind,
      'polylogue.turn.id': turnId,
      'polylogue.responses': responses.length,
    };
    const parent = remoteParent(origin);
    const span = this.#tracer.startSpan('prompt', { kind: SpanKind.SERVER, startTime: startedAt, attributes }, parent);
    span.addEvent('admitted', startedAt + durationMs);
    const prompt = { span, context: trace.setSpan(ROOT_CONTEXT, span), running: responses.length };
    for (const { responseId } of responses) this.#prompts.set(responseId, prompt);
  }

  addAttempt(attempt: EndedAttempt): void {
    const { origin, responseId, providerId, providerModel, status, startedAt, durationMs } = attempt;
    const attributes = { ...requestAttributes(origin), ...attemptAttributes(attempt, this.#hostOf(providerId)) };
    const span = this.#tracer.startSpan(
      `chat ${providerModel}`,
      { kind: SpanKind.CLIENT, startTime: startedAt, attributes },
      this.#prompts.get(responseId)?.context ?? ROOT_CONTEXT,
    );
    // The failure's message may quote what a member wrote.
    if (status === 'FAILED') span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(startedAt + durationMs);
  }

  addSettlement({ origin, responseId, turnId, creditsHeld, settled, recovered }: EndedResponse): void {
    const prompt = this.#prompts.get(responseId);
    this.#prompts.delete(responseId);
    if (settled) {
      const { status, creditsCharged, startedAt, durationMs } = settled;
      const attributes: Attributes = {
        ...requestAttributes(origin),
        'polylogue.turn.id': turnId,
        'polylogue.response.id': responseId,
        'polylogue.response.status': status,
        'polylogue.credits.held': creditsHeld,
        'polylogue.credits.charged': creditsCharged,
        ...(recovered && { 'polylogue.recovered': true }),
      };
      const context = prompt?.context ?? ROOT_CONTEXT;
      this.#tracer.startSpan('settlement', { startTime: startedAt, attributes }, context).end(startedAt + durationMs);
    }
    if (!prompt) return;
    prompt.running -= 1;
    if (prompt.running === 0) prompt.span.end();
  }

  close(): void {
    for (const { span } of new Set(this.#prompts.values())) span.end();
    this.#prompts.clear();
  }
}

function requestAttributes(origin: RequestOrigin | null): Attributes {
  return origin ? { 'polylogue.request.id': origin.requestId } : {};
}

function samplerOf({ name, ratio }: OpenTelemetrySettings['sampler']): Sampler {
  const sampler = name.endsWith('always_off')
    ? new AlwaysOffSampler()
    : name.endsWith('traceidratio')
      ? new TraceIdRatioBasedSampler(ratio)
      : new AlwaysOnSampler();
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root: sampler }) : sampler;
}

/** A line at most so often: a collector that is away fails with every batch. */
const FAULT_MS = 60_000;

function reportFaultsTo(log: Logger): void {
  let toldAt = Number.NEGATIVE_INFINITY;
  const report = (message: string) => {
    if (performance.now() - toldAt < FAULT_MS) return;
    toldAt = performance.now();
    log.warn({ reason: message.slice(0, 300) }, 'OpenTelemetry could not be told.');
  };
  const silent = () => {};
  const logger = { error: report, warn: report, info: silent, debug: silent, verbose: silent };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}
