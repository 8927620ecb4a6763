/** POST /videos, /videos/edits and /videos/:id/remix. */
import type { Context as HonoContext } from 'hono'
import { isRecord } from '../../../core/http/json.ts'
import type { JobView } from '../../../core/job/view-schema.ts'
import type { AssetView } from '../../assets/assets.ts'
import { ProblemError } from '../../in-process.ts'
import type { FieldFault } from '../../problems.ts'
import type { FaceEnv } from '../face.ts'
import { type Body, readBody } from './body.ts'
import { startJob } from './start-job.ts'
import { type Defaults, given, type Medium, translate } from './translate.ts'
import { viewVideo } from './video.ts'

type C = HonoContext<FaceEnv>

/** OpenAI's own. */
const defaults: Defaults = { model: 'sora-2', seconds: '4', size: '720x1280' }

export async function createVideo(c: C): Promise<Response> {
  const arrivedAt = c.get('context').now()
  const body = await readBody(c, 'input_reference')
  if (body instanceof Response) return body
  const { input_reference, ...fields } = body.fields
  const { medium, faults } = imageOf(input_reference, body)
  return start(c, { arrivedAt, body, asked: ['create', body.fields], fields, medium, faults, defaults })
}

export async function remixVideo(c: C): Promise<Response> {
  const arrivedAt = c.get('context').now()
  const id = c.req.param('id') ?? ''
  const body = await readBody(c, null)
  if (body instanceof Response) return body
  const source = await c.get('api').read<JobView>(`/v1/jobs/${encodeURIComponent(id)}`)
  return startFromVideo(c, {
    arrivedAt,
    body,
    asked: ['remix', id, body.fields],
    fields: body.fields,
    source,
  })
}

export async function editVideo(c: C): Promise<Response> {
  const arrivedAt = c.get('context').now()
  const read = await readBody(c, 'video')
  if (read instanceof Response) return read
  const { video, ...fields } = read.fields
  const body = { ...read, faults: [...read.faults, ...unknownIn('video', video, videoKeys)] }
  const asked = ['edit', body.fields]
  if (body.asset !== null) {
    const medium = fileAt('video', 'reference_videos', body.asset)
    const faults = given(video) === undefined ? [] : [twice('video')]
    return start(c, { arrivedAt, body, asked, fields, medium, faults, defaults: shapeOfFile(body.asset) })
  }
  const id = isRecord(video) ? video.id : video
  const source =
    typeof id === 'string' && idPattern.test(id)
      ? await c.get('api').send<JobView>('GET', `/v1/jobs/${id}`)
      : null
  if (source?.ok) return startFromVideo(c, { arrivedAt, body, asked, fields, source: source.body })
  if (source !== null && source.problem.code !== 'not_found') throw new ProblemError(source.problem)
  const message =
    typeof id === 'string' && id !== ''
      ? 'names no video'
      : 'must be a file, or the id of a video as video[id]'
  const medium: Medium = { name: 'video', field: 'reference_videos', value: null, isFile: false }
  const faults = [{ path: 'video', message }]
  return start(c, { arrivedAt, body, asked, fields, medium, faults, defaults })
}

/** It is part of a path. */
const idPattern = /^\w+$/

interface Asked {
  arrivedAt: number
  body: Body
  /** Equal requests have equal ones. */
  asked: unknown
  /** Without those of the media. */
  fields: Record<string, unknown>
}

interface Wanted {
  medium: Medium | null
  faults: FieldFault[]
  defaults: Defaults
}

function start(c: C, { arrivedAt, asked, body, fields, ...wanted }: Asked & Wanted): Promise<Response> {
  const { medium, faults } = wanted
  const translation = translate(c.get('context'), fields, medium, wanted.defaults)
  return startJob(c, {
    asked,
    asset: body.asset,
    translation,
    faults: [...body.faults, ...faults],
    arrivedAt,
  })
}

/** The stored video is a reference by link, not a copy. Fields that the request leaves out are as in the source. */
async function startFromVideo(c: C, { source, ...asked }: Asked & { source: JobView }): Promise<Response> {
  const { model, size, seconds } = viewVideo(source, c.get('context').config.publicBaseUrl)
  const links = await c
    .get('api')
    .send<{ data: { url: string }[] }>('POST', `/v1/jobs/${source.id}/links`, {})
  if (!links.ok) throw new ProblemError(links.problem)
  const value = links.body.data[0]?.url ?? null
  return start(c, {
    ...asked,
    medium: { name: 'video', field: 'reference_videos', value, isFile: false },
    faults:
      value === null ? [{ path: 'video', message: `is not stored: the video is ${source.status}` }] : [],
    defaults: { model, size, seconds: seconds === 'auto' ? defaults.seconds : seconds },
  })
}

/** The first frame: a file, or the URL or asset that one of three ways of writing names. */
function imageOf(reference: unknown, { asset }: Body): { medium: Medium | null; faults: FieldFault[] } {
  const name = 'input_reference'
  const field = 'first_frame'
  const isGiven = given(reference) !== undefined
  if (asset !== null) return { medium: fileAt(name, field, asset), faults: isGiven ? [twice(name)] : [] }
  if (!isGiven) return { medium: null, faults: [] }
  const values = isRecord(reference)
    ? Object.values(reference).filter((one) => given(one) !== undefined)
    : [reference]
  const [value, ...others] = values
  const isOne = typeof value === 'string' && others.length === 0
  return {
    medium: { name, field, value: isOne ? value : null, isFile: false },
    faults: [
      ...unknownIn(name, reference, referenceKeys),
      ...(isOne ? [] : [{ path: name, message: 'must be a file, or have either image_url or file_id' }]),
    ],
  }
}

const referenceKeys = new Set(['image_url', 'file_id'])
const videoKeys = new Set(['id'])

function unknownIn(name: string, value: unknown, known: ReadonlySet<string>): FieldFault[] {
  const keys = isRecord(value) ? Object.keys(value) : []
  return keys
    .filter((key) => !known.has(key))
    .map((key) => ({ path: `${name}.${key}`, message: 'is not a known field' }))
}

function fileAt(name: string, field: Medium['field'], { id }: AssetView): Medium {
  return { name, field, value: id, isFile: true }
}

function twice(path: string): FieldFault {
  return { path, message: 'is given more than once' }
}

/** As far as the header of the file says it. */
function shapeOfFile({ width, height, duration_seconds: seconds }: AssetView): Defaults {
  return {
    ...defaults,
    ...(width !== null && height !== null && { size: `${width}x${height}` }),
    ...(seconds !== null && { seconds: String(Math.min(15, Math.max(4, Math.round(seconds)))) }),
  }
}
