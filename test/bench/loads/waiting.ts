/** Acknowledging webhooks while thousands of clients wait for jobs, beside the same without them. */
import { Agent, get } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { connections, idIn, type SubmittedJob } from '../jobs.ts'
import { measureRequests } from '../measure.ts'
import { type AnyRequest, sendRequests } from '../send-requests.ts'
import type { Stage } from '../stage.ts'
import { type Measured, type Row, rowOf } from '../statistics.ts'
import { webhooksTo } from './requests.ts'

/** They come at one moment, then look once a second, every two seconds after ten and every five after thirty. */
const phases = [
  { name: 'come', afterMs: 0 },
  { name: 'look every 2 s', afterMs: 15_000 },
  { name: 'look every 5 s', afterMs: 35_000 },
]
const waitSeconds = 60

/** The clients come once, between the two sides: the local runtime does not notice that a waiting client leaves. */
export async function measureWaiting(stage: Stage, warm: SubmittedJob[]): Promise<Row[]> {
  const { idleReelhook, plan } = stage
  const webhook = webhooksTo(idleReelhook, warm)
  const measure = () => measureRequests(idleReelhook, plan.requestsMs, { one: webhook, status: 200 })
  const posts = await postJobs(stage)
  const alone: Measured[] = []
  for (let round = 0; round < plan.rounds; round++) alone.push(await measure())
  const startedAt = performance.now()
  const clients = startClients(posts)
  const rows: Row[] = []
  for (const { name, afterMs } of phases) {
    await wait(Math.max(0, afterMs - (performance.now() - startedAt)))
    const beside: Measured[] = []
    for (let round = 0; round < plan.rounds; round++) beside.push(await measure())
    const load = `acknowledge, ${clients.waiting()} clients ${name}`
    rows.push(rowOf({ load, unit: 'webhooks', does: 'no client waits' }, beside, alone))
  }
  const statuses = await clients.responses
  const refused = statuses.filter((status) => status !== 200).length
  if (refused > 0) throw new Error(`${refused} of ${statuses.length} waiting clients got no job`)
  return rows
}

/** A request that waits, for each client: all for different jobs, which stay queued. */
async function postJobs({ idleReelhook, receiver, plan }: Stage): Promise<AnyRequest[]> {
  const job = { prompt: 'A paper boat drifts down a rainy gutter', callbackUrl: receiver.url }
  const requests = Array.from({ length: plan.waitingClients }, (_, n) => idleReelhook.jobRequest(n, job))
  const posted: AnyRequest[] = []
  await sendRequests({
    connections,
    next: (n) => requests[n],
  }).then(({ answers }) => {
    for (const answer of answers)
      posted.push({ url: `${idleReelhook.url}/v1/jobs/${idIn(answer)}`, body: '' })
  })
  return posted.map(({ url, body }, n) => {
    const { authorization = '' } = requests[n]?.headers ?? {}
    return { url: `${url}?wait=${waitSeconds}`, headers: { authorization }, body }
  })
}

function startClients(requests: readonly AnyRequest[]) {
  const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY })
  let waiting = requests.length
  const responses = Promise.all(
    requests.map(
      ({ url, headers }) =>
        new Promise<number>((resolve, reject) => {
          get(url, { agent, headers: headers ?? {} }, (response) => {
            waiting -= 1
            response.resume()
            resolve(response.statusCode ?? 0)
          }).on('error', reject)
        }),
    ),
  )
  return { responses, waiting: () => waiting }
}
