/** The API of a local Reelhook, as any caller would use it: fetch and a key. */
import type { JobView } from '../../core/job-view-schema.ts'

export interface Client {
  /** Uploads input media. */
  upload(media: Uint8Array<ArrayBuffer>, contentType: string): Promise<Asset>
  postJob(request: Record<string, unknown>): Promise<JobView>
  job(id: string): Promise<JobView>
  post(path: string, body: unknown): Promise<unknown>
  get(path: string): Promise<Response>
}

interface Asset {
  id: string
  content_type: string
  bytes: number
  sha256: string
}

export function createClient(url: string, apiKey: string): Client {
  const call = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...init.headers },
    })
    if (!response.ok)
      throw new Error(`${init.method ?? 'GET'} ${path} answered ${response.status}: ${await response.text()}`)
    return response
  }
  const upload = async (media: Uint8Array<ArrayBuffer>, contentType: string) => {
    const init = { method: 'POST', headers: { 'content-type': contentType }, body: media }
    return (await (await call('/v1/assets', init)).json()) as Asset
  }
  const post = async (path: string, body: unknown) =>
    (await call(path, { method: 'POST', body: JSON.stringify(body) })).json()
  return {
    get: call,
    upload,
    post,
    postJob: async (request) => (await post('/v1/jobs', request)) as JobView,
    job: async (id) => (await (await call(`/v1/jobs/${id}`)).json()) as JobView,
  }
}
