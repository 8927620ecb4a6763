/**
 * npm run demo: one job at each simulated provider, on this machine. It exits with 0 only if every video is stored, its
 * link plays, and its delivery arrived exactly once with a valid signature.
 */
import { createHash, randomBytes } from 'node:crypto'
import { createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { JobView } from '../../core/job/view-schema.ts'
import type { SimulatedTask } from '../simulator/task.ts'
import { type CallbackServer, type Received, startCallbackServer } from './callback-server.ts'
import { createClient } from './client.ts'
import { createProgress } from './progress.ts'
import { openStage, type Stage } from './stage.ts'

const folder = '.wrangler/demo'
const timeoutMs = 120_000
const deliveriesSchema = z.object({ data: z.array(z.object({ status: z.string() })) })

// One white pixel.
const picture = Uint8Array.from(
  atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/x8AAwMCAO+ip1sAAAAASUVORK5CYII='),
  (character) => character.charCodeAt(0),
)

await main()

async function main() {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  console.log('Starting the Worker (local D1, R2 and Queues), the provider simulator and a callback server …')
  const log = createWriteStream(`${folder}/worker.log`)
  const stage = await openStage({
    folder,
    port: 0,
    pace: { queuedMs: 500, runningMs: 4_000 },
    onLog: (line) => log.write(`${line}\n`),
  })
  const callbackSecret = `whsec_${randomBytes(32).toString('base64')}`
  const callbacks = await startCallbackServer(callbackSecret)
  try {
    console.log(`Reelhook:   ${stage.worker.url}\nSimulator:  ${stage.simulator.url}\n`)
    const jobs = await makeVideos(stage, callbacks, callbackSecret)
    const faults: string[] = []
    for (const job of jobs) faults.push(...(await report(stage, job, callbacks.received)))
    const bills = stage.simulator.simulator.tasks().length
    const tasks = jobs.reduce((sum, job) => sum + job.tasks.length, 0)
    if (bills !== tasks)
      faults.push(`the providers billed ${bills} tasks, but Reelhook has a record of ${tasks}`)
    if (faults.length > 0) throw new Error(faults.join('\n'))
    console.log('\nDone. Every video is stored, and each caller was notified once, with a valid signature.')
  } catch (error) {
    console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`)
    console.error(`The log of the Worker is in ${folder}/worker.log.`)
    process.exitCode = 1
  } finally {
    await callbacks.close()
    await stage.close()
    log.end()
  }
}

/** Posts one job for each provider and shows their progress until all are settled and delivered. */
async function makeVideos(
  stage: Stage,
  callbacks: CallbackServer,
  callbackSecret: string,
): Promise<JobView[]> {
  const client = createClient(stage.worker.url, stage.adminApiKey)
  const image = await client.upload(picture, 'image/png')
  console.log(`Uploaded ${image.id}: ${image.bytes} bytes, ${image.content_type}, SHA-256 ${image.sha256}\n`)
  const common = {
    model: 'seedance-2.0-mini',
    resolution: '480p',
    callback_url: callbacks.url,
    callback_secret: callbackSecret,
    metadata: { order: '42' },
  }
  const posted = await Promise.all([
    client.postJob({
      ...common,
      provider: 'runware',
      // sim(…) is a directive for the simulator: it also sends a progress webhook, as a provider may do.
      prompt: 'A paper boat drifts down a rainy gutter sim(webhook=progress-first)',
      count: 2,
    }),
    client.postJob({
      ...common,
      provider: 'crun',
      prompt: '{{image:1}} sails out to sea',
      reference_images: [image.id],
    }),
    client.postJob({
      ...common,
      provider: 'scenario',
      prompt: 'A lighthouse answers {{image:1}}',
      reference_images: [image.id],
    }),
    client.postJob({ ...common, provider: 'aimlapi', prompt: 'The boat comes home', seed: 7 }),
    client.postJob({
      ...common,
      provider: 'byteplus',
      prompt: '{{image:1}} is put on the shelf',
      reference_images: [image.id],
    }),
    client.postJob({
      ...common,
      provider: 'fal',
      prompt: 'A gull follows {{image:1}} for a while',
      reference_images: [image.id],
    }),
  ])
  const progress = createProgress(process.stdout)
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const jobs = await Promise.all(posted.map(({ id }) => client.job(id)))
    progress.show(jobs)
    if (jobs.every(({ settled_at }) => settled_at !== null) && (await areDelivered(stage, jobs))) return jobs
    if (Date.now() > deadline)
      throw new Error(`the jobs were not settled and delivered within ${timeoutMs / 1_000} s`)
    await wait(250)
  }
}

async function areDelivered(stage: Stage, jobs: JobView[]): Promise<boolean> {
  const client = createClient(stage.worker.url, stage.adminApiKey)
  const isPending = await Promise.all(
    jobs.map(async ({ id }) => {
      const response = await client.get(`/v1/deliveries?job_id=${id}`)
      const { data } = deliveriesSchema.parse(await response.json())
      return data.some(({ status }) => status === 'pending')
    }),
  )
  return !isPending.includes(true)
}

/** Prints the result of one job, and returns every broken promise. */
async function report(stage: Stage, job: JobView, received: Received[]): Promise<string[]> {
  const lines = [`\n${job.id} at ${job.provider}: ${job.status}`]
  const faults = job.status === 'succeeded' ? [] : [`${job.id} is ${job.status}: ${job.fault?.message}`]
  for (const output of job.outputs) {
    const played = await play(output.url)
    lines.push(`  video     ${output.url}`)
    lines.push(`            ${played.bytes} bytes, ${played.contentType}, SHA-256 ${played.sha256}`)
    const isSame = played.bytes === output.bytes && played.sha256 === output.sha256
    if (!isSame || played.contentType !== 'video/mp4')
      faults.push(`the link of output ${output.n} of ${job.id} does not serve the stored video`)
  }
  const deliveries = received.filter(({ jobId }) => jobId === job.id)
  for (const { type, eventId, verified } of deliveries) {
    lines.push(`  delivery  ${type}, webhook-id ${eventId}, signature ${verified ? 'valid' : 'INVALID'}`)
  }
  const [delivery, ...more] = deliveries
  if (delivery === undefined || more.length > 0)
    faults.push(`${job.id} has ${deliveries.length} deliveries, not 1`)
  if (delivery?.verified === false) faults.push(`the delivery of ${job.id} has an invalid signature`)
  const taskIds = new Set(job.tasks.map(({ provider_task_id }) => provider_task_id))
  const bills = stage.simulator.simulator.tasks().filter(({ taskId }) => taskIds.has(taskId))
  lines.push(
    `  tasks     ${job.tasks.map(({ completed_via }) => `ended by ${completed_via}`).join(', ')}; ${bills.length} billed; ${costText(job.cost)}`,
  )
  if (bills.length !== job.tasks.length)
    faults.push(`${job.id} has ${job.tasks.length} tasks and was billed ${bills.length} times`)
  for (const link of bills.flatMap(linksIn)) {
    const opened = await play(link)
    lines.push(`  input     ${link}`)
    if (opened.bytes !== picture.length)
      faults.push(`the input link that ${job.provider} received does not open`)
  }
  console.log(lines.join('\n'))
  return faults
}

/** The reference links that the provider received: each asset is sent to it as a signed link. */
function linksIn({ provider, request }: SimulatedTask): string[] {
  switch (provider) {
    case 'crun':
      return request.input.reference_images ?? []
    case 'byteplus':
      return request.content.flatMap((part) => (part.type === 'image_url' ? part.image_url.url : []))
    case 'fal':
      return request.image_urls ?? []
    default:
      return []
  }
}

function costText(cost: JobView['cost']): string {
  if (cost === null) return 'cost unknown'
  return 'credits' in cost ? `cost ${cost.credits} credits` : `cost $${cost.amount_usd}`
}

async function play(url: string | null) {
  if (url === null) return { bytes: 0, sha256: '', contentType: '' }
  const response = await fetch(url)
  const bytes = new Uint8Array(await response.arrayBuffer())
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { bytes: bytes.length, sha256, contentType: response.headers.get('content-type') ?? '' }
}
