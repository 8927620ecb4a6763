/** Reports each submission and each callback that leaves the Worker, and each submission that the platform did not send. */
import { neverSent } from '../../support/platform/unreachable.ts'
import { nameRequest } from '../call-names.ts'
import type { ReportedRequest } from '../lives/harness-server.ts'
import { indexIn } from '../plan-jobs.ts'

type Fetch = (request: Request) => Promise<Response>

export function watchRequests(fetch: Fetch, report: (request: ReportedRequest) => Promise<void>): Fetch {
  return async (request) => {
    const sent = await reportedAs(request)
    if (sent === undefined) return fetch(request)
    // At the same time: a wait before the call would be a long moment at which a kill loses a submission.
    const [response] = await Promise.allSettled([fetch(request), report(sent)])
    if (response.status === 'rejected') throw response.reason
    const { value } = response
    const isUnsent = sent.kind === 'submitted' && neverSent.some((status) => status === value.status)
    if (isUnsent) await report({ ...sent, kind: 'not_submitted' })
    return value
  }
}

async function reportedAs(request: Request): Promise<ReportedRequest | undefined> {
  const call = await nameRequest(request)
  if (call === 'fetch callback') {
    return { kind: 'notified', index: Number(new URL(request.url).pathname.split('/').at(-1)) }
  }
  if (!call.startsWith('fetch submit ')) return undefined
  const index = indexIn(await request.clone().text())
  return index === undefined ? undefined : { kind: 'submitted', index }
}
