/** The API of a local Reelhook, used as any caller would: with fetch and an API key. */
import { z } from 'zod'
import { type JobView, jobViewSchema } from '../../core/job/view-schema.ts'

export interface Client {
  upload(media: Uint8Array<ArrayBuffer>, contentType: string): Promise<Asset>
  postJob(request: Record<string, unknown>): Promise<JobView>
  job(id: string): Promise<JobView>
  post(path: string, body: unknown): Promise<unknown>
  get(path: string): Promise<Response>
}

const assetSchema = z.object({
  id: z.string(),
  content_type: z.string(),
  bytes: z.number(),
  sha256: z.string(),
})

type Asset = z.infer<typeof assetSchema>

export function createClient(url: string, apiKey: string): Client {
  const call = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...init.headers },
    })
    if (!response.ok)
      throw new Error(`${init.method ?? 'GET'} ${path} returned ${response.status}: ${await response.text()}`)
    return response
  }
  const upload = async (media: Uint8Array<ArrayBuffer>, contentType: string) => {
    const init = { method: 'POST', headers: { 'content-type': contentType }, body: media }
    return assetSchema.parse(await (await call('/v1/assets', init)).json())
  }
  const post = async (path: string, body: unknown) =>
    (await call(path, { method: 'POST', body: JSON.stringify(body) })).json()
  return {
    get: call,
    upload,
    post,
    postJob: async (request) => jobViewSchema.parse(await post('/v1/jobs', request)),
    job: async (id) => jobViewSchema.parse(await (await call(`/v1/jobs/${id}`)).json()),
  }
}
