/**
 * Cloudflare's API as a server on this machine, as far as a deployment uses it. The installed wrangler calls it when
 * CLOUDFLARE_API_BASE_URL names it. Error codes and texts are those that cloudflare/workers-sdk and its issues show.
 */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import {
  accountId,
  type Cloudflare,
  emptyAccount,
  failure,
  type Permission,
  success,
} from './cloudflare-account.ts'
import { databaseRoutes } from './cloudflare-d1.ts'
import { workerRoutes } from './cloudflare-workers.ts'

export interface CloudflareApi {
  baseUrl: string
  account: Cloudflare
  /** Empties the account. */
  reset(): Cloudflare
  close(): Promise<void>
}

export async function startCloudflareApi(): Promise<CloudflareApi> {
  const account = emptyAccount()
  const app = new Hono().basePath('/client/v4')
  app.use('*', async (c, next) => refusal(c, account) ?? (await next()))
  app.get('/accounts', (c) => success(c, account.accounts))
  app.get('/memberships', (c) =>
    success(
      c,
      account.accounts.map((of) => ({ id: of.id, account: of })),
    ),
  )
  app.route('/accounts/:account', databaseRoutes(account))
  app.route('/accounts/:account', bucketRoutes(account))
  app.route('/accounts/:account', queueRoutes(account))
  app.route('/accounts/:account', workerRoutes(account))
  app.all('*', (c) => failure(404, 7003, `Could not route to ${new URL(c.req.url).pathname}`))

  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  const server = createServer((request, response) => void listener(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('The server has no port.')
  return {
    baseUrl: `http://127.0.0.1:${address.port}/client/v4`,
    account,
    reset: () => Object.assign(account, emptyAccount()),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The answer to a request that has no right to be made, or that the test makes fail. */
function refusal(c: Context, account: Cloudflare): Response | null {
  const { method } = c.req
  const path = new URL(c.req.url).pathname.replace('/client/v4', '')
  const permission = permissionFor(path)
  account.calls.push({ method, path: path.replace(`/accounts/${accountId}/`, ''), permission })
  account.onCall?.()
  const granted = account.tokens.get((c.req.header('authorization') ?? '').replace('Bearer ', ''))
  if (granted === undefined) return failure(403, 9109, 'Invalid access token')
  if (permission !== null && !granted.includes(permission)) {
    return failure(403, 10000, 'Authentication error')
  }
  const { failing } = account
  if (failing?.request.test(`${method} ${path}`))
    return failure(failing.status, failing.code, failing.message)
  return null
}

function permissionFor(path: string): Permission | null {
  if (/^\/accounts\/\w+\/d1\//.test(path)) return 'D1'
  if (/^\/accounts\/\w+\/r2\//.test(path)) return 'Workers R2 Storage'
  if (/^\/accounts\/\w+\/queues/.test(path)) return 'Queues'
  if (/^\/accounts\/\w+\/workers\//.test(path)) return 'Workers Scripts'
  return null
}

function bucketRoutes(account: Cloudflare) {
  const app = new Hono()
  app.use('/r2/*', async (_, next) =>
    account.hasR2 ? await next() : failure(403, 10042, 'Please enable R2 through the Cloudflare Dashboard.'),
  )
  app.post('/r2/buckets', async (c) => {
    const { name, locationHint } = await c.req.json()
    if (account.buckets.has(name))
      return failure(409, 10004, 'The bucket you tried to create already exists.')
    account.buckets.set(name, { location: locationHint, rules: [] })
    return success(c, { name })
  })
  app.use('/r2/buckets/:name/*', async (c, next) =>
    account.buckets.has(c.req.param('name'))
      ? await next()
      : failure(404, 10006, 'The specified bucket does not exist.'),
  )
  app.get('/r2/buckets/:name', (c) => success(c, { name: c.req.param('name') }))
  app.get('/r2/buckets/:name/lifecycle', (c) =>
    success(c, { rules: account.buckets.get(c.req.param('name'))?.rules }),
  )
  app.put('/r2/buckets/:name/lifecycle', async (c) => {
    const bucket = account.buckets.get(c.req.param('name'))
    if (bucket !== undefined) bucket.rules = (await c.req.json()).rules
    return success(c, {})
  })
  return app
}

function queueRoutes(account: Cloudflare) {
  const app = new Hono()
  app.get('/queues', (c) => {
    const wanted = c.req.queries('name')
    const names = [...account.queues.keys()].filter((name) => wanted?.includes(name) ?? true)
    return success(
      c,
      names.map((name) => queueView(account, name)),
    )
  })
  app.post('/queues', async (c) => {
    const { queue_name } = await c.req.json()
    if (!account.isPaid) {
      const text =
        'Queues are unavailable on the free plan. Please upgrade to a Workers Paid plan to create and use Queues'
      return failure(403, 100129, text)
    }
    if (account.queues.has(queue_name))
      return failure(409, 11009, `Queue name '${queue_name}' is already taken.`)
    account.queues.set(queue_name, { id: randomUUID().replaceAll('-', ''), consumers: [] })
    return success(c, queueView(account, queue_name))
  })
  app.on(['POST', 'PUT'], ['/queues/:id/consumers', '/queues/:id/consumers/:consumer'], async (c) => {
    const queue = [...account.queues.values()].find(({ id }) => id === c.req.param('id'))
    if (queue === undefined) return failure(404, 11000, 'Queue not found')
    const { script_name, ...consumer } = await c.req.json()
    const consumer_id = c.req.param('consumer') ?? randomUUID().replaceAll('-', '')
    queue.consumers = [
      ...queue.consumers.filter((other) => other.consumer_id !== consumer_id),
      { ...consumer, consumer_id, script: script_name },
    ]
    return success(c, { consumer_id })
  })
  return app
}

function queueView({ queues }: Cloudflare, name: string) {
  const queue = queues.get(name)
  return { queue_name: name, queue_id: queue?.id, consumers: queue?.consumers ?? [], producers: [] }
}
