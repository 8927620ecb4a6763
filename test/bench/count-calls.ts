/** Counts the calls of one webhook job, from its POST to its callback, through a metered Worker. */
import { setTimeout as wait } from 'node:timers/promises'
import type { JobCalls, RecordedCall, Unit } from './floor-calls.ts'
import { submitJobs } from './jobs.ts'
import type { Receiver } from './receiver.ts'
import { sendRequests } from './send-requests.ts'
import type { Subject, SubjectOptions } from './subjects.ts'

const timeoutMs = 30_000
const quietMs = 1_000

export async function countCalls(
  folder: string,
  receiver: Receiver,
  open: (options: SubjectOptions) => Promise<Subject>,
): Promise<JobCalls> {
  let recorded: RecordedCall[] = []
  const subject = await open({
    folder,
    consumers: 'running',
    onLog(line) {
      const logged: { event?: string } & RecordedCall = JSON.parse(line)
      if (logged.event === 'bench.call') recorded.push(logged)
    },
  })
  const runJob = async () => {
    await wait(quietMs)
    recorded = []
    const [job] = await submitJobs(subject, 1, { megabytes: null, callbackUrl: receiver.url })
    if (job === undefined) throw new Error('there is no job')
    const accepted = unitsOf(recorded)
    recorded = []
    await sendRequests({ connections: 1, next: (n) => (n === 0 ? job.webhook : undefined) })
    await receiver.untilReceived([job.id], timeoutMs)
    await wait(quietMs)
    return { accepted, webhook: unitsOf(recorded) }
  }
  // The first job of an isolate also reads what later ones remember.
  await runJob()
  const calls = await runJob()
  await subject.close()
  return calls
}

function unitsOf(recorded: RecordedCall[]): Unit[] {
  const units = Map.groupBy(
    recorded.toSorted((one, other) => one.n - other.n),
    ({ unit }) => unit,
  )
  return [...units.values()].map((lines) => ({
    entrance: lines[0]?.entrance ?? '',
    calls: lines.flatMap(({ call }) => call ?? []),
  }))
}
