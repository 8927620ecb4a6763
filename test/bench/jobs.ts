/** Jobs that wait for their provider's webhook, which the benchmark sends itself. */
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { type AnyRequest, sendRequests } from './send-requests.ts'
import type { Subject } from './subjects.ts'

export const connections = 16

const acceptedSchema = z.object({ id: z.string() })
const pollEveryMs = 20
/** Committing what the provider returned takes a few milliseconds more. */
const quietMs = 1_000
const timeoutMs = 120_000

export interface SubmittedJob {
  id: string
  webhook: AnyRequest
}

async function postJobs(subject: Subject, count: number, job: { prompt: string; callbackUrl: string }) {
  const sent = await sendRequests({
    connections,
    next: (n) => (n < count ? subject.jobRequest(n, job) : undefined),
  })
  return { ...sent, ids: sent.answers.map(idIn) }
}

export function idIn({ status, body }: { status: number; body: string }): string {
  if (status !== 202) throw new Error(`a POST got ${status}: ${body}`)
  return acceptedSchema.parse(JSON.parse(body)).id
}

/** Posts jobs, and waits until the provider has all of them. */
export async function submitJobs(
  subject: Subject,
  count: number,
  { megabytes, callbackUrl }: { megabytes: number | null; callbackUrl: string },
): Promise<SubmittedJob[]> {
  const size = megabytes === null ? '' : `, megabytes=${megabytes}`
  const prompt = `A paper boat drifts down a rainy gutter sim(webhook=lost${size})`
  const { ids } = await postJobs(subject, count, { prompt, callbackUrl })
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const webhooks = webhooksOf(subject)
    const jobs = ids.flatMap((id) => {
      const webhook = webhooks.get(id)
      return webhook === undefined ? [] : [{ id, webhook }]
    })
    if (jobs.length === count) {
      await wait(quietMs)
      return jobs
    }
    if (Date.now() > deadline) throw new Error(`${count - jobs.length} of ${count} jobs were not submitted`)
    await wait(pollEveryMs)
  }
}

/** The webhook that the provider would send, by the job's id. */
function webhooksOf({ simulator }: Subject): Map<string, AnyRequest> {
  return new Map(
    simulator.tasks().flatMap(({ taskId, webhookUrl, outputs }) => {
      if (webhookUrl === undefined) return []
      const body = JSON.stringify({
        taskType: 'videoInference',
        taskUUID: taskId,
        status: 'success',
        videoUUID: outputs[0]?.outputId,
        videoURL: `https://media.example/${outputs[0]?.outputId}.mp4?expires=1900000000000&signature=${'0'.repeat(32)}`,
      })
      const id = new URL(webhookUrl).pathname.split('/')[3] ?? ''
      return [[id, { url: webhookUrl, body }]]
    }),
  )
}
