/** Workers in the pretended Cloudflare API: uploads, static files, secrets, workers.dev, cron. */
import { randomUUID } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { type Cloudflare, failure, success } from './cloudflare-account.ts'

export function workerRoutes(account: Cloudflare) {
  const app = new Hono()
  app.get('/workers/subdomain', (c) =>
    account.subdomain === null
      ? failure(404, 10007, 'workers.api.error.subdomain_not_found')
      : success(c, { subdomain: account.subdomain }),
  )
  app.put('/workers/scripts/:name', (c) => upload(c, account))
  // Before the first upload of a Worker too. The account has all files already, so none is sent.
  app.post('/workers/scripts/:name/assets-upload-session', async (c) => {
    const { manifest } = await c.req.json<{ manifest: Record<string, unknown> }>()
    account.staticFiles = Object.keys(manifest)
    return success(c, { jwt: 'a.completed.session', buckets: [] })
  })
  app.use('/workers/:kind{scripts|services|workers}/:name/*', async (_, next) =>
    account.secrets === null
      ? failure(404, 10007, 'This Worker does not exist on your account.')
      : await next(),
  )
  app.get('/workers/services/:name', (c) =>
    success(c, {
      id: c.req.param('name'),
      default_environment: {
        environment: 'production',
        script: { tag: 'worker-tag', tags: [], last_deployed_from: 'wrangler' },
      },
    }),
  )
  app.get('/workers/workers/:name', (c) =>
    success(c, { subdomain: { enabled: true, previews_enabled: false } }),
  )
  app.post('/workers/scripts/:name/versions', (c) => upload(c, account))
  app.get('/workers/scripts/:name/deployments', (c) =>
    success(c, {
      deployments: [{ id: randomUUID(), versions: [{ version_id: randomUUID(), percentage: 100 }] }],
    }),
  )
  app.post('/workers/scripts/:name/deployments', (c) => success(c, { id: randomUUID() }))
  app.patch('/workers/scripts/:name/script-settings', (c) => success(c, {}))
  app.get('/workers/scripts/:name/settings', (c) => success(c, { bindings: bindingsOf(account) }))
  app.get('/workers/scripts/:name/secrets', (c) =>
    success(
      c,
      [...(account.secrets?.keys() ?? [])].map((name) => ({ name, type: 'secret_text' })),
    ),
  )
  app.patch('/workers/scripts/:name/secrets-bulk', async (c) => {
    const { secrets } = await c.req.json<{ secrets: Record<string, { text: string } | null> }>()
    for (const [name, secret] of Object.entries(secrets)) {
      if (secret === null) account.secrets?.delete(name)
      else account.secrets?.set(name, secret.text)
    }
    return success(c, {})
  })
  app.post('/workers/scripts/:name/subdomain', async (c) =>
    success(c, { previews_enabled: false, ...(await c.req.json()) }),
  )
  app.get('/workers/scripts/:name/subdomain', (c) => success(c, { enabled: true, previews_enabled: false }))
  app.put('/workers/scripts/:name/schedules', async (c) => {
    const schedules: { cron: string }[] = await c.req.json()
    account.crons = schedules.map(({ cron }) => cron)
    return success(c, { schedules })
  })
  return app
}

/** The values of secrets are not shown. */
function bindingsOf({ uploads, secrets }: Cloudflare) {
  const others = uploads.at(-1)?.metadata.bindings.filter(({ type }) => type !== 'secret_text') ?? []
  return [...others, ...[...(secrets?.keys() ?? [])].map((name) => ({ name, type: 'secret_text' }))]
}

async function upload(c: Context, account: Cloudflare): Promise<Response> {
  const form = await c.req.formData()
  const metadata = JSON.parse(String(form.get('metadata')))
  if (metadata.limits !== undefined && !account.isPaid) {
    return failure(400, 100328, 'CPU limits are not supported for the Free plan.')
  }
  account.uploads.push({ metadata, modules: [...form.keys()].filter((name) => name !== 'metadata') })
  const kept = metadata.keep_bindings?.includes('secret_text') ? (account.secrets ?? []) : []
  account.secrets = new Map(kept)
  for (const { name, type, text } of metadata.bindings) {
    if (type === 'secret_text') account.secrets.set(name, text)
  }
  const id = randomUUID()
  return success(c, {
    id,
    deployment_id: id.replaceAll('-', ''),
    etag: 'etag',
    startup_time_ms: 20,
    resources: { script: { etag: 'etag' } },
  })
}
