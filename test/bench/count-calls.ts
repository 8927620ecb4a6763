/** Counts the calls of one webhook job, from its POST to its callback, through a metered Worker. */
import { setTimeout as wait } from 'node:timers/promises'
import { countersOf, type JobCalls, type RecordedCall, type Unit } from './floor-calls.ts'
import { submitJobs } from './jobs.ts'
import type { Receiver } from './receiver.ts'
import { sendRequests } from './send-requests.ts'
import type { Subject, SubjectOptions } from './subjects.ts'

const timeoutMs = 30_000
const quietMs = 500
const countedJobs = 3

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
  const untilQuiet = async () => {
    for (let seen = -1; seen < recorded.length || isWorking(recorded); await wait(quietMs)) {
      seen = recorded.length
    }
  }
  const runJob = async () => {
    await untilQuiet()
    recorded = []
    const [job] = await submitJobs(subject, 1, { megabytes: null, callbackUrl: receiver.url })
    if (job === undefined) throw new Error('there is no job')
    await untilQuiet()
    const accepted = unitsOf(recorded)
    recorded = []
    await sendRequests({ connections: 1, next: (n) => (n === 0 ? job.webhook : undefined) })
    await receiver.untilReceived([job.id], timeoutMs)
    await untilQuiet()
    return { accepted, webhook: unitsOf(recorded) }
  }
  const jobs: JobCalls[] = []
  for (let n = 0; n < countedJobs; n++) jobs.push(await runJob())
  await subject.close()
  return {
    accepted: fewestOf(jobs.map(({ accepted }) => accepted)),
    webhook: fewestOf(jobs.map(({ webhook }) => webhook)),
  }
}

/** An isolate remembers some rows for seconds or longer, so under load a job does not read them. */
function fewestOf(jobs: Unit[][]): Unit[] {
  return jobs.toSorted((one, other) => workIn(one) - workIn(other))[0] ?? []
}

function workIn(units: Unit[]): number {
  const { invocations, roundTrips, statements, rowsRead, rowsWritten } = countersOf(units)
  return invocations + roundTrips + statements + rowsRead + rowsWritten
}

function isWorking(recorded: RecordedCall[]): boolean {
  const count = (state: RecordedCall['call']) => recorded.filter(({ call }) => call === state).length
  return count('begun') > count('ended')
}

function unitsOf(recorded: RecordedCall[]): Unit[] {
  const units = Map.groupBy(
    recorded.toSorted((one, other) => one.n - other.n),
    ({ unit }) => unit,
  )
  return [...units.values()].map((lines) => ({
    entrance: lines[0]?.entrance ?? '',
    calls: lines.flatMap(({ call }) => (typeof call === 'string' ? [] : call)),
  }))
}
