/**
 * The smoke test of a deployed Worker: one whole job at its built-in provider, over its public address, with the webhook
 * and the file. It costs nothing and needs no setting. Then the job is erased.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import packageJson from '../../../package.json' with { type: 'json' }
import { type JobView, jobViewSchema } from '../../core/job/view-schema.ts'
import { type Answer, type Call, createCall, describeAnswer } from './smoke-call.ts'

export interface SmokeTest {
  /** The address of the Worker, without a slash at its end. */
  url: string
  adminApiKey: string
  fetch: typeof fetch
  print: (line: string) => void
  wait?: (ms: number) => Promise<void>
}

/** Null if it passed; otherwise what failed, and what to do. */
export async function smokeTest({
  url,
  adminApiKey,
  fetch,
  print,
  wait = sleep,
}: SmokeTest): Promise<string | null> {
  const call = createCall({ url, adminApiKey, fetch })
  const silent = await untilThisVersion(call, url, wait)
  if (silent !== null) return silent
  print(`Version ${packageJson.version} runs at ${url}`)
  const unhealthy = await checkHealth(call)
  if (unhealthy !== null) return unhealthy
  print('The database, the bucket and the queues respond')
  const posted = await call('POST', '/v1/jobs', request)
  const job = posted.status === 202 ? jobViewSchema.safeParse(posted.json) : undefined
  if (!job?.success) return `No job was accepted: ${describeAnswer(posted)}`
  const fault = await checkEnd(call, url, job.data.id)
  const unerased = await erase(call, job.data.id)
  if ((fault ?? unerased) !== null) return fault ?? unerased
  print('A job was made, its webhook came back, and its file is whole. It is erased again')
  return null
}

/** A deployment reaches all locations of Cloudflare within seconds, and a new address takes a little longer. */
const propagationMs = 30_000
const betweenLooksMs = 2_000

async function untilThisVersion(call: Call, url: string, wait: (ms: number) => Promise<void>) {
  for (let waitedMs = 0; ; waitedMs += betweenLooksMs) {
    const fault = versionFault(await call('GET', '/healthz', undefined, 'without_key'), url)
    if (fault === null || waitedMs >= propagationMs) return fault
    await wait(betweenLooksMs)
  }
}

function versionFault(answer: Answer, url: string): string | null {
  const { version } = healthSchema.safeParse(answer.json).data ?? {}
  if (version === packageJson.version) return null
  if (version !== undefined)
    return `${url} still serves version ${version}, not ${packageJson.version}. Wait a minute and run the smoke test again; if it stays, another Worker has this address.`
  if (answer.status === null)
    return `Nothing answers at ${url} (${answer.error}). A new address takes up to a few minutes. Otherwise compare PUBLIC_BASE_URL with the addresses in the dashboard of Cloudflare.`
  if (answer.json === undefined || answer.status === 404)
    return `${url} answers ${answer.status}, but it is not Reelhook. PUBLIC_BASE_URL is the address of something else, or a page of Cloudflare comes before the Worker.`
  return `The Worker at ${url} does not run: ${describeAnswer(answer)}`
}

async function checkHealth(call: Call): Promise<string | null> {
  const answer = await call('GET', '/healthz?deep=1')
  if (answer.status === 401)
    return 'The Worker refuses the admin key: ADMIN_API_KEY of the settings is not the deployed one. Deploy again, so that it gets the settings.'
  const { status, checks = {} } = healthSchema.safeParse(answer.json).data ?? {}
  if (status === 'ok') return null
  const bad = Object.entries(checks).filter(([, check]) => check.status !== 'ok')
  const named = bad.map(([name, check]) => `${name} is ${check.status}`).join(', ')
  return `The Worker is not healthy: ${named || describeAnswer(answer)}. GET /healthz?deep shows more.`
}

/** Under a minute together with the rest. A job without its webhook ends by a poll after fifteen seconds. */
const looks = 2
const waitSeconds = 15

const request = {
  model: 'seedance-2.0-mini',
  prompt: 'Smoke test of a deployment',
  provider: 'simulator',
  metadata: { smoke_test: packageJson.version },
  deadline_seconds: 60,
  // If it cannot be erased at once.
  retention_days: 1,
}

async function checkEnd(call: Call, url: string, id: string): Promise<string | null> {
  let answer: Answer | null = null
  for (let n = 0; n < looks; n += 1) {
    answer = await call('GET', `/v1/jobs/${id}?wait=${waitSeconds}`)
    const job = jobViewSchema.safeParse(answer.json).data
    if (job !== undefined && job.settled_at !== null) return endFault(call, url, job)
  }
  const job = jobViewSchema.safeParse(answer?.json).data
  if (job === undefined) return `The job ${id} cannot be read: ${answer && describeAnswer(answer)}`
  await call('POST', `/v1/jobs/${id}/cancel`)
  return `The job has not ended within ${looks * waitSeconds} seconds: it is ${job.status}${whyOpen(job)}`
}

/** A job that is queued was not submitted: its wake-up was lost, or the Worker cannot call itself. */
function whyOpen({ status, tasks }: JobView): string {
  const fault = tasks.findLast((task) => task.fault !== null)?.fault
  if (fault) return ` (${fault.message}). ${ownCalls}`
  return status === 'queued'
    ? '. No queue consumer runs: see the queues of the Worker in the dashboard of Cloudflare.'
    : `. ${ownCalls}`
}

async function endFault(call: Call, url: string, job: JobView): Promise<string | null> {
  const [task] = job.tasks
  const [output] = job.outputs
  if (job.status !== 'succeeded') return `The job is ${job.status}: ${job.fault?.message}. ${ownCalls}`
  if (task?.completed_via !== 'webhook')
    return `The job ended by a poll, not by its webhook: the Worker does not get what is posted to ${url}/webhooks/. ${ownCalls}`
  if (!output?.url?.startsWith(`${url}/`))
    return `The links of the Worker lead elsewhere (${output?.url && new URL(output.url).origin}): set PUBLIC_BASE_URL to ${url} and deploy again.`
  const file = await call('GET', output.url.slice(url.length), undefined, 'without_key')
  if (file.status !== 200) return `The link to the file does not open it: ${describeAnswer(file)}`
  const sha256 = createHash('sha256').update(file.bytes).digest('hex')
  if (sha256 === output.sha256) return null
  return `The link opens another file than the stored one: its SHA-256 is ${sha256}, not ${output.sha256}. Something between the caller and the Worker changes files.`
}

const ownCalls =
  'Webhooks reach the Worker like any request from outside. On a custom domain, Bot Fight Mode, a WAF rule or Access may stop them: let the paths /webhooks/, /uploads/ and /simulator/ through, or use the workers.dev address.'

async function erase(call: Call, id: string): Promise<string | null> {
  const answer = await call('DELETE', `/v1/jobs/${id}?force=true`)
  return answer.status === 204 ? null : `The job ${id} cannot be erased: ${describeAnswer(answer)}`
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

const healthSchema = z.object({
  status: z.string().optional(),
  version: z.string().optional(),
  checks: z.record(z.string(), z.object({ status: z.string() })).optional(),
})
