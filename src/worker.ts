/** The Worker: its three handlers (fetch, queue, scheduled), composed of the parts. */
import { Hono } from 'hono'
import { requestId } from 'hono/request-id'
import { checkAlerts } from './alerts/check.ts'
import { createApi } from './api/app.ts'
import { faceRoutes } from './api/faces/routes.ts'
import { callInProcess } from './api/in-process.ts'
import { misconfigured, problem } from './api/problems.ts'
import { type Config, type ConfigResult, readConfig } from './config.ts'
import { createPlaces } from './connections.ts'
import { type Context, createContext, type Edges } from './context.ts'
import { dashboardRoutes } from './dashboard/routes.ts'
import { deliver } from './deliveries/deliver.ts'
import { reencryptSecrets } from './deliveries/re-encrypt.ts'
import { advance, advanceQueued, advanceWithWebhook } from './engine/advance.ts'
import { raiseMarks } from './engine/high-water-mark.ts'
import { checkLate } from './engine/late/check.ts'
import { cancelTasks } from './engine/settle/cancel-tasks.ts'
import { recordDeadLetter } from './engine/upkeep/dead-letter.ts'
import { prune } from './engine/upkeep/prune.ts'
import { purgeErased } from './engine/upkeep/purge.ts'
import { reconcile } from './engine/upkeep/reconcile.ts'
import { closeOverdueReservations } from './engine/upkeep/reservations.ts'
import { sweep } from './engine/upkeep/sweep.ts'
import { exportOutput } from './exports/export-output.ts'
import { describeError } from './log.ts'
import { exportNightly } from './nightly-export/export-nightly.ts'
import { uploadRoutes } from './provider-uploads/receive.ts'
import { messageSchema, type QueueMessage } from './queue.ts'
import { requestPatience } from './store/patience.ts'
import { callbackOf, receiveWebhook } from './webhooks/receive.ts'

/** `edges` are the network, the clock and randomness: the real ones in `index.ts`. */
export function createWorker(edges: Edges): ExportedHandler<Env> {
  const configOf = rememberConfig(edges)
  const requestContext = (
    env: Env,
    config: Config,
    { cache }: Pick<ExecutionContext, 'waitUntil' | 'cache'>,
  ) => createContext(env, config, edges, { cache, patience: requestPatience })
  const app = new Hono<{ Bindings: Env; Variables: { context: Context; requestId: string } }>()
  app.use(requestId())
  // A response without Cache-Control is about this moment or holds signed links, so it must not be cached. A cacheable
  // response reaches other callers, so it does not carry the request id, which its caller may have chosen.
  app.use(async (c, next) => {
    await next()
    if (c.res.headers.has('cache-control')) c.res.headers.delete('x-request-id')
    else c.header('cache-control', 'no-store')
  })
  app.notFound(async (c) => {
    if (!asksForPage(c.req.raw))
      return problem(c, 'not_found', `There is nothing at ${c.req.method} ${c.req.path}.`)
    const { noSuchPage } = await import('./dashboard/no-such-page.tsx')
    return noSuchPage.request(c.req.raw)
  })
  app.use(async (c, next) => {
    const configured = configOf(c.env)
    if (!configured.ok) return needsNoSettings(c.req.path) ? next() : misconfigured(c, configured.faults)
    c.set('context', requestContext(c.env, configured.config, c.executionCtx))
    return next()
  })
  app.route('/uploads', uploadRoutes)
  // Seldom used, so its code is loaded at its first request.
  app.all('/simulator/:path{.+}', async (c) => {
    const { answerSimulator } = await import('./simulator/answer.ts')
    const waitUntil = (work: Promise<unknown>) => c.executionCtx.waitUntil(work)
    return (await answerSimulator(c.get('context'), c.req.raw, waitUntil)) ?? c.notFound()
  })
  const api = createApi()
  app.route('/', api)
  const callApi = callInProcess(api)
  app.route('/', dashboardRoutes(callApi))
  app.route('/', faceRoutes(callApi))

  const contextOf = (env: Env, { cache }: Pick<ExecutionContext, 'cache'>) =>
    createContext(env, required(configOf(env)), edges, { cache })

  const respond = app.fetch
  return {
    fetch: async (request, env, execution) => {
      const callback = callbackOf(request)
      const configured = callback === null ? null : configOf(env)
      if (callback === null || !configured?.ok) return respond(request, env, execution)
      const context = requestContext(env, configured.config, execution)
      return (await receiveWebhook(context, callback, request)) ?? respond(request, env, execution)
    },
    async queue(batch, env, execution) {
      const context = contextOf(env, execution)
      const work = batch.queue.endsWith('dead-letters') ? recordDeadLetter : processMessage
      const places = createPlaces(messagesAtOnce)
      await Promise.all(batch.messages.map((message) => places.hold(() => handle(context, message, work))))
    },
    async scheduled(_controller, env, execution) {
      const context = contextOf(env, execution)
      // One that fails does not stop the others.
      const upkeep = {
        sweep,
        closeOverdueReservations,
        purgeErased,
        reencryptSecrets,
        // Needs R2, so the above does not wait for it. Reconcile keeps what a restored database has forgotten.
        raiseMarks,
        reconcile,
        prune,
        checkAlerts,
        exportNightly,
      }
      for (const [work, run] of Object.entries(upkeep)) {
        await run(context).catch((error) => context.log('cron.failed', { work, error: describeError(error) }))
      }
    },
  }
}

/** A person has typed an address or followed a link. */
function asksForPage({ method, headers }: Request): boolean {
  return (method === 'GET' || method === 'HEAD') && (headers.get('accept') ?? '').includes('text/html')
}

/** A problem about the settings names its page, so the documents are open without settings too. */
function needsNoSettings(path: string): boolean {
  return path === '/openapi.json' || path === '/docs' || path.startsWith('/docs/')
}

/**
 * As many as there are connections (connections.ts). A message that waits for its turn has claimed nothing, so no lease
 * expires while it waits.
 */
const messagesAtOnce = 4

/** Reads the configuration of an environment once, and warns if the URL guard is lifted. */
function rememberConfig({ log }: Edges): (env: Env) => ConfigResult {
  const read = new WeakMap<Env, ConfigResult>()
  return (env) => {
    const configured = read.get(env) ?? readConfig(env)
    if (!read.has(env) && configured.ok && configured.config.reach === 'any') {
      log('config.unguarded', {
        warning: 'ALLOW_PRIVATE_NETWORK is on: any URL may be called. Use this only locally.',
      })
    }
    read.set(env, configured)
    return configured
  }
}

async function processMessage(context: Context, message: QueueMessage): Promise<void> {
  if ('delivery' in message) return deliver(context, message.delivery)
  if ('job' in message) return advanceQueued(context, message.job)
  if ('result' in message) return advance(context, message.result)
  if ('late' in message) return checkLate(context, message.late)
  if ('cancel' in message) return cancelTasks(context, message.cancel)
  if ('export' in message) return exportOutput(context, message.export)
  return advanceWithWebhook(context, message.webhook)
}

/** Acknowledges each message separately, so that only the failed ones are retried. */
async function handle(
  context: Context,
  message: Message,
  work: (context: Context, message: QueueMessage) => Promise<void>,
): Promise<void> {
  try {
    await work(context, messageSchema.parse(message.body))
    message.ack()
  } catch (error) {
    // The one general catch: after any unexpected error the row is still due.
    context.log('message.failed', {
      ...idsIn(message.body),
      attempt: message.attempts,
      error: describeError(error),
    })
    message.retry({ delaySeconds: Math.min(60, 2 ** message.attempts) })
  }
}

/** The ids in a message, if it can be read. */
function idsIn(body: unknown): { job_id?: string; delivery_id?: string } {
  const { data: message } = messageSchema.safeParse(body)
  if (message === undefined) return {}
  if ('delivery' in message) return { delivery_id: message.delivery }
  if ('webhook' in message) return { job_id: message.webhook.jobId }
  if ('late' in message) return { job_id: message.late }
  if ('cancel' in message) return { job_id: message.cancel.jobId }
  if ('export' in message) return { job_id: message.export.jobId }
  return { job_id: 'job' in message ? message.job : message.result }
}

/** A queue or cron invocation has no caller to respond to: the error goes to the runtime's log. */
function required(configured: ConfigResult) {
  if (!configured.ok) throw new Error(`Reelhook is not configured: ${configured.faults.join('; ')}`)
  return configured.config
}
