/** A stored video of a job, as the request of a face asks for it: whole, in part, or only if it has changed. */
import type { Context as HonoContext } from 'hono'
import { conditionalHeaders } from '../../core/http/preconditions.ts'
import type { FaceEnv } from './face.ts'

export function openOutput(c: HonoContext<FaceEnv>, jobPath: string, n: number): Promise<Response> {
  const headers = new Headers()
  for (const name of conditionalHeaders) {
    const value = c.req.header(name)
    if (value !== undefined) headers.set(name, value)
  }
  return c.get('api').open(`${jobPath}/outputs/${n}`, { method: c.req.method, headers })
}
