/** One measurement of one side. */
import { setTimeout as wait } from 'node:timers/promises'
import { connections, idIn, type SubmittedJob } from './jobs.ts'
import type { Receiver } from './receiver.ts'
import { type AnyRequest, repeatFor, sendRequests } from './send-requests.ts'
import { type Measured, percentileOf } from './statistics.ts'
import type { Subject } from './subjects.ts'

const timeoutMs = 300_000
/** The last commit of a job follows its callback. */
const trailingMs = 300

/** As many requests as 16 connections send in the time. */
export async function measureRequests(
  subject: Subject,
  durationMs: number,
  { one, status }: { one: (n: number) => AnyRequest; status: number },
): Promise<Measured> {
  const cpuBefore = subject.cpuMs()
  const { answers, elapsedMs } = await sendRequests({ connections, next: repeatFor(durationMs, one) })
  const other = answers.find((answer) => answer.status !== status)
  if (other !== undefined) throw new Error(`${subject.name}: ${other.status} ${other.body}`)
  return {
    rate: (answers.length * 1_000) / elapsedMs,
    times: answers.map(({ ms }) => ms),
    cpuMsPerJob: (subject.cpuMs() - cpuBefore) / answers.length,
  }
}

/** All webhooks as fast as 16 connections send them, until the last callback. */
export async function measureStorm(
  subject: Subject,
  jobs: SubmittedJob[],
  receiver: Receiver,
): Promise<{ acknowledged: Measured; delivered: Measured }> {
  const cpuBefore = subject.cpuMs()
  const startedAt = performance.now()
  const { answers, elapsedMs } = await sendRequests({ connections, next: (n) => jobs[n]?.webhook })
  const other = answers.find(({ status }) => status !== 200)
  if (other !== undefined) throw new Error(`${subject.name}: a webhook got ${other.status} ${other.body}`)
  const ids = jobs.map(({ id }) => id)
  await receiver.untilReceived(ids, timeoutMs)
  await wait(trailingMs)
  const cpuMsPerJob = (subject.cpuMs() - cpuBefore) / jobs.length
  const times = ids.map((id) => (receiver.receivedAt.get(id) ?? Number.NaN) - startedAt)
  return {
    acknowledged: {
      rate: (jobs.length * 1_000) / elapsedMs,
      times: answers.map(({ ms }) => ms),
      cpuMsPerJob: null,
    },
    delivered: { rate: (jobs.length * 1_000) / Math.max(...times), times, cpuMsPerJob },
  }
}

/** One webhook after the other, each when the callback of the one before has come. */
export async function measureAlone(
  subject: Subject,
  jobs: SubmittedJob[],
  receiver: Receiver,
): Promise<Measured> {
  const times: number[] = []
  const cpuBefore = subject.cpuMs()
  for (const { id, webhook } of jobs) {
    const sentAt = performance.now()
    const received = new Promise<void>((resolve) => {
      receiver.onReceived = (other) => {
        if (other === id) resolve()
      }
    })
    await sendRequests({ connections: 1, next: (n) => (n === 0 ? webhook : undefined) })
    await Promise.race([received, receiver.untilReceived([id], timeoutMs)])
    times.push((receiver.receivedAt.get(id) ?? Number.NaN) - sentAt)
    await wait(trailingMs / 6)
  }
  receiver.onReceived = () => undefined
  const cpuMsPerJob = (subject.cpuMs() - cpuBefore) / jobs.length
  return { rate: 1_000 / percentileOf(times, 0.5), times, cpuMsPerJob }
}

interface WholeJobs extends Measured {
  postTimes: number[]
  /** When each callback came, in order. */
  receivedAt: number[]
}

/** Jobs from their POST to their callback, at most `atOnce` at the same time. The provider sends the webhooks. */
export async function measureWholeJobs(
  subject: Subject,
  receiver: Receiver,
  { count, atOnce, maxMs }: { count: number; atOnce: number; maxMs?: number },
): Promise<WholeJobs> {
  const prompt = 'A paper boat drifts down a rainy gutter'
  const endsAt = performance.now() + (maxMs ?? timeoutMs)
  const cpuBefore = subject.cpuMs()
  const places = createPlaces(atOnce)
  receiver.onReceived = places.release
  const startedAt = performance.now()
  const sentAt = new Map<string, number>()
  const sent = await sendRequests({
    connections,
    async next(n) {
      if (n >= count || performance.now() > endsAt) return undefined
      await places.acquire()
      return subject.jobRequest(n, { prompt, callbackUrl: receiver.url })
    },
  })
  for (const answer of sent.answers) sentAt.set(idIn(answer), answer.sentAt)
  await receiver.untilReceived([...sentAt.keys()], timeoutMs)
  receiver.onReceived = () => undefined
  await wait(trailingMs)
  const received = [...sentAt].map(([id, at]) => ({ at, end: receiver.receivedAt.get(id) ?? Number.NaN }))
  const receivedAt = received.map(({ end }) => end).toSorted((one, other) => one - other)
  return {
    rate: (received.length * 1_000) / ((receivedAt.at(-1) ?? Number.NaN) - startedAt),
    times: received.map(({ at, end }) => end - at),
    cpuMsPerJob: (subject.cpuMs() - cpuBefore) / received.length,
    postTimes: sent.answers.map(({ ms }) => ms),
    receivedAt,
  }
}

function createPlaces(count: number) {
  let free = count
  const waiting: (() => void)[] = []
  return {
    async acquire() {
      if (free > 0) free -= 1
      else await new Promise<void>((resolve) => waiting.push(resolve))
    },
    release() {
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    },
  }
}
