import type { IncomingMessage, ServerResponse } from 'node:http';
import { refuse } from './security.ts';

export interface Health {
  /** Answers GET /health and GET /ready. */
  handle(req: IncomingMessage, res: ServerResponse): Promise<void>;
  /** Makes /ready say no from now on, so that no new work is sent here; /health still says that the process lives. */
  drain(): void;
}

const pingTimeoutMs = 2000;

/**
 * `/health` answers 200 as long as the process serves (else it should be restarted). `/ready` answers 200 if the
 * process can do its work, else 503 (then it should be sent none).
 *
 * `ping` asks the database something; if it rejects, or is silent for two seconds, the process is not ready.
 */
export function createHealth(options: { version: string; ping(): Promise<unknown> }): Health {
  let draining = false;

  async function findObstacle(): Promise<string | null> {
    if (draining) return 'draining';
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer')), pingTimeoutMs);
    });
    try {
      await Promise.race([options.ping(), silence]);
      return null;
    } catch {
      return 'database';
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    async handle(req, res) {
      const path = req.url?.split('?', 1)[0];
      if (req.method !== 'GET' && req.method !== 'HEAD') {
        refuse(res.setHeader('Allow', 'GET, HEAD'), 405, 'METHOD_NOT_ALLOWED', 'Use GET.');
        return;
      }
      const obstacle = path === '/ready' ? await findObstacle() : null;
      const body =
        obstacle === null
          ? { status: 'ok', version: options.version, uptimeSeconds: Math.floor(process.uptime()) }
          : { status: 'unavailable', reason: obstacle };
      const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' };
      res
        .writeHead(obstacle === null ? 200 : 503, headers)
        .end(req.method === 'HEAD' ? undefined : JSON.stringify(body));
    },
    drain() {
      draining = true;
    },
  };
}
