/** Reports each submission and each callback that leaves the Worker, and each submission that the platform did not send. */
import { neverSent } from '../../support/platform/unreachable.ts'
import { nameRequest } from '../call-names.ts'
import type { ReportedRequest } from '../lives/harness-server.ts'
import { indexIn } from '../plan-jobs.ts'

type Fetch = (request: Request) => Promise<Response>

export function watchRequests(fetch: Fetch, report: (request: ReportedRequest) => Promise<void>): Fetch {
  return async (request) => {
    const call = await nameRequest(request)
    if (call === 'fetch callback') {
      await report({ kind: 'notified', index: Number(new URL(request.url).pathname.split('/').at(-1)) })
      return fetch(request)
    }
    const index = call.startsWith('fetch submit ') ? indexIn(await request.clone().text()) : undefined
    if (index === undefined) return fetch(request)
    await report({ kind: 'submitted', index })
    const response = await fetch(request)
    if (neverSent.some((status) => status === response.status)) await report({ kind: 'not_submitted', index })
    return response
  }
}
