/** The OpenRouter video dialect: https://openrouter.ai/docs/guides/overview/multimodal/video-generation */
import { Hono } from 'hono'
import type { JobView } from '../../../core/job/view-schema.ts'
import { queryOf } from '../../in-process.ts'
import type { ModelView } from '../../models/schema.ts'
import { problem } from '../../problems.ts'
import { createFace, type FaceEnv } from '../face.ts'
import { openOutput } from '../output.ts'
import { createVideo } from './create.ts'
import { viewModel } from './models.ts'
import { viewVideo } from './video.ts'

export const face = createFace(({ status, title, detail, errors = [] }) => {
  const faults = errors.map(({ path, message }) => `${path}: ${message}`)
  // OpenRouter refuses an invalid request with 400. The AI SDK would repeat a conflict, which stays one.
  const code = status === 422 || status === 409 ? 400 : status
  return { status: code, body: { error: { code, message: [`${title}. ${detail}`, ...faults].join(' ') } } }
})

const videos = new Hono<FaceEnv>()

videos.post('/', createVideo)

videos.get('/', async (c) => {
  const { limit, cursor } = c.req.query()
  const path = `/v1/jobs${queryOf({ limit, cursor })}`
  const page = await c.get('api').read<{ data: JobView[]; next_cursor: string | null }>(path)
  const { publicBaseUrl } = c.get('context').config
  return c.json({
    data: page.data.map((job) => viewVideo(job, publicBaseUrl)),
    next_cursor: page.next_cursor,
  })
})

videos.get('/models', async (c) => {
  const { data } = await c.get('api').read<{ data: ModelView[] }>('/v1/models')
  return c.json({ data: data.map(viewModel) })
})

videos.get('/:id', async (c) => {
  const job = await c.get('api').read<JobView>(pathOf(c.req.param('id')))
  return c.json(viewVideo(job, c.get('context').config.publicBaseUrl))
})

/** `index` counts the links in `unsigned_urls`. */
videos.get('/:id/content', async (c) => {
  const path = pathOf(c.req.param('id'))
  const { outputs } = await c.get('api').read<JobView>(path)
  const index = c.req.query('index') ?? '0'
  const output = outputs.filter(({ status }) => status === 'stored')[Number(index)]
  if (output === undefined)
    return problem(c, 'not_found', 'There is no such video, or it is not finished yet.')
  return openOutput(c, path, output.n)
})

face.route('/openrouter/api/v1/videos', videos)

function pathOf(id: string): string {
  return `/v1/jobs/${encodeURIComponent(id)}`
}
