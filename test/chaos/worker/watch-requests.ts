/**
 * Reports each submission, callback and download that leaves the Worker, and each submission that the platform did not send.
 */
import { neverSent } from '../../support/platform/unreachable.ts'
import { nameRequest } from '../call-names.ts'
import type { ReportedDownload, ReportedRequest } from '../lives/harness-server.ts'
import { indexIn } from '../plan-jobs.ts'

type Fetch = (request: Request) => Promise<Response>
type Reported = ReportedRequest | ReportedDownload

export function watchRequests(fetch: Fetch, report: (sent: Reported) => Promise<void>): Fetch {
  return async (request) => {
    const sent = await reportedAs(request)
    if (sent === undefined) return fetch(request)
    // At the same time: a wait before the call would be a long moment at which a kill loses a submission.
    const [response] = await Promise.allSettled([fetch(request), report(sent)])
    if (response.status === 'rejected') throw response.reason
    const { value } = response
    const isUnsent = sent.kind === 'submitted' && neverSent.some((status) => status === value.status)
    if (isUnsent) await report({ index: sent.index, kind: 'not_submitted' })
    return value
  }
}

async function reportedAs(request: Request): Promise<Reported | undefined> {
  const call = await nameRequest(request)
  const name = new URL(request.url).pathname.split('/').at(-1) ?? ''
  if (call === 'fetch media') return { kind: 'downloading', outputId: name.replace(/\.mp4$/, '') }
  if (call === 'fetch callback') return { kind: 'notified', index: Number(name) }
  if (!call.startsWith('fetch submit ')) return undefined
  const index = indexIn(await request.clone().text())
  return index === undefined ? undefined : { kind: 'submitted', index }
}
