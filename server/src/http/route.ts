import type { IncomingMessage, ServerResponse } from 'node:http';

/** A handler for some paths of the API. */
export interface Route {
  /** The route's name in the metrics. */
  name: string;
  matches(path: string): boolean;
  /** The answer is the same for everybody at any time. Default: caches must not store it. */
  cacheable?: boolean;
  /**
   * Only says that there is nothing at its paths, so that they are the host's where the API is a part of another
   * program. Default: false.
   */
  isFallback?: boolean;
  /** Answers, or calls `next` if there is nothing at this path. */
  handle(req: IncomingMessage, res: ServerResponse, next: () => void): void | Promise<void>;
}
