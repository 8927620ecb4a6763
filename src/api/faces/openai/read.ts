/** GET and DELETE /videos/:id, its content, and the list. */
import type { Context as HonoContext } from 'hono'
import type { JobView } from '../../../core/job/view-schema.ts'
import { ProblemError, queryOf } from '../../in-process.ts'
import type { FaceEnv } from '../face.ts'
import { renamed } from '../names.ts'
import { openOutput } from '../output.ts'
import { notFound } from './problems.ts'
import { repeats, showVideo } from './start-job.ts'
import { viewVideo } from './video.ts'

type C = HonoContext<FaceEnv>

export async function retrieveVideo(c: C): Promise<Response> {
  return showVideo(c, await c.get('api').read<JobView>(pathOf(c)))
}

interface JobPage {
  data: JobView[]
  next_cursor: string | null
}

/** The videos of every API, as far as the key sees them. */
export async function listVideos(c: C): Promise<Response> {
  const { after, limit, order } = c.req.query()
  const response = await c.get('api').open(`/v1/jobs${queryOf({ cursor: after, limit, order })}`)
  if (!response.ok) return renamed(response, new Map([['cursor', 'after']]))
  const { data, next_cursor } = await response.json<JobPage>()
  const { publicBaseUrl } = c.get('context').config
  return c.json({
    object: 'list',
    data: data.map((job) => viewVideo(job, publicBaseUrl)),
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: next_cursor !== null,
  })
}

/** A repetition whose video is gone has erased it before. */
export async function deleteVideo(c: C): Promise<Response> {
  const force = queryOf({ force: c.req.query('force') })
  const erased = await c.get('api').send('DELETE', `${pathOf(c)}${force}`)
  const isGone = !erased.ok && erased.problem.code === 'not_found' && repeats(c)
  if (!erased.ok && !isGone) throw new ProblemError(erased.problem)
  return c.json({ id: c.req.param('id'), object: 'video.deleted', deleted: true })
}

export async function showContent(c: C): Promise<Response> {
  const variant = c.req.query('variant') || 'video'
  if (variant !== 'video')
    return notFound(c, 'variant_not_available', 'Only the variant "video" is stored of a video.')
  const response = await openOutput(c, pathOf(c), 0)
  if (response.status !== 404) return response
  const job = await c.get('api').read<JobView>(pathOf(c))
  const { status } = viewVideo(job, c.get('context').config.publicBaseUrl)
  return notFound(c, 'video_not_ready', `There is no content yet, or no more: the video is ${status}.`)
}

function pathOf(c: C): string {
  return `/v1/jobs/${encodeURIComponent(c.req.param('id') ?? '')}`
}
