/**
 * The HTTP listeners of the operator: `/metrics` for Prometheus, `/health/live` and `/health/ready` for whoever restarts and
 * routes. Read only, without authentication: polylog.admin.listeners says who can reach it.
 */
import { type FastifyInstance, fastify } from 'fastify';
import { assert } from '../base/assert.ts';
import type { Logger } from '../platform/ports.ts';
import { clientFamilies } from './client-metrics.ts';
import { brokerFamilies } from './metrics.ts';
import { measureProcess } from './process-metrics.ts';
import { familyText } from './prometheus-text.ts';
import type { AdminSources } from './sources.ts';

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const CONNECTIONS_MAX = 100;
const BODY_BYTES_MAX = 1024;
const REQUEST_MS_MAX = 10_000;

export interface AdminServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Rejects where the address can't be had. */
export async function openAdminServer(options: {
  readonly host: string;
  readonly port: number;
  readonly sources: AdminSources;
  readonly logger: Logger;
}): Promise<AdminServer> {
  const { host, port, sources, logger } = options;
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX,
    connectionTimeout: REQUEST_MS_MAX,
    requestTimeout: REQUEST_MS_MAX,
    forceCloseConnections: true,
  });
  app.server.maxConnections = CONNECTIONS_MAX;
  addRoutes(app, sources, logger);
  await app.listen({ host: host === '' ? '::' : host, port });
  const address = app.server.address();
  assert(address !== null && typeof address === 'object', 'what listens has a port');
  return { port: address.port, close: () => app.close() };
}

function addRoutes(app: FastifyInstance, sources: AdminSources, logger: Logger): void {
  const processFamilies = measureProcess();
  app.get('/metrics', async (_request, reply) => {
    reply.header('content-type', CONTENT_TYPE);
    const families = [
      ...brokerFamilies(sources),
      ...clientFamilies(sources.telemetry),
      ...(await processFamilies()),
    ];
    return families.map(familyText).join('');
  });
  app.get('/health/live', () => ({ status: 'live' }));
  app.get('/health/ready', (_request, reply) => {
    const ready = sources.isReady();
    reply.code(ready ? 200 : 503);
    return { status: ready ? 'ready' : 'not ready' };
  });
  app.setErrorHandler((error, request, reply) => {
    logger.error({ err: error, path: request.url }, 'an HTTP request of the operator failed');
    return reply.code(500).send({ error: 'this failed: the log of the broker says why' });
  });
}
