/**
 * The smoke test of a deployed Worker: one whole job at its built-in provider, over its public address, with the webhook
 * and the file. It costs nothing and needs no setting. Then the job is erased.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import packageJson from '../../../package.json' with { type: 'json' }
import { type JobView, jobViewSchema } from '../../core/job/view-schema.ts'
import { type Answer, type Call, createCall, describeAnswer } from './smoke-call.ts'

export interface LiveDeployment {
  /** The address of the Worker, without a slash at its end. */
  url: string
  adminApiKey: string
  fetch: typeof fetch
  print: (line: string) => void
}

/** Null if it passed; otherwise what failed, and what to do. */
export async function smokeTest({ url, adminApiKey, fetch, print }: LiveDeployment): Promise<string | null> {
  const call = createCall({ url, adminApiKey, fetch })
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

const healthSchema = z.object({
  status: z.string().optional(),
  checks: z.record(z.string(), z.object({ status: z.string() })).optional(),
})
