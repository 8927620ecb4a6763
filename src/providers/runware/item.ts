/**
 * The one shape of all that Runware says: an item of a task, be it an acknowledgement, a state, a result or an
 * error. Everything but the task's name is read leniently.
 */
import { z } from 'zod'
import type { RemoteOutput } from '../provider.ts'

/** Every documented shape of an answer or a webhook: flat, array, `data`, `errors`, both, or one `error`. */
export function itemsOf(body: unknown): Item[] {
  const envelope = envelopeSchema.safeParse(body)
  const { data, errors } = envelope.success ? envelope.data : {}
  const listed = [...(data ?? []), ...(errors ?? []).map((error) => asError(error))]
  const bare = data == null && errors == null ? [body].flat() : []
  return [...bare, ...listed].flatMap((item) => {
    const parsed = itemSchema.safeParse(item)
    return parsed.success ? [parsed.data] : []
  })
}

/** One mention of a result. */
interface Mention extends RemoteOutput {
  cost: number | null
}

/** `awaitsUpload`: whether a video that is PUT to us still has a URL is undocumented, so its end is enough. */
export function resultOf(item: Item, awaitsUpload: boolean): Mention[] {
  const { videoURL: url, videoUUID, taskUUID, status, cost = null } = item
  if (status === 'error') return []
  if (url != null) return [{ id: videoUUID ?? url, url, cost }]
  const id = videoUUID ?? taskUUID
  return awaitsUpload && status === 'success' && id != null ? [{ id, url: null, cost }] : []
}

export function isError(item: Item): boolean {
  return item.status === 'error' || (item.code != null && item.videoURL == null)
}

/**
 * The errors among the items, each once. An error has no id of its own: it may be listed in `data` and again in
 * `errors`, but within one list two that look alike are of two results.
 */
export function distinctErrors(items: readonly Item[]): Item[] {
  const errors = items.filter(isError)
  const [inData, inErrors] = [
    errors.filter(({ list }) => list !== 'errors'),
    errors.filter(({ list }) => list === 'errors'),
  ]
  const unmatched = [...inData]
  const others = inErrors.filter((error) => {
    const index = unmatched.findIndex(({ code, message }) => code === error.code && message === error.message)
    if (index >= 0) unmatched.splice(index, 1)
    return index < 0
  })
  return [...inData, ...others]
}

function asError(error: unknown): unknown {
  return typeof error === 'object' && error !== null ? { ...error, status: 'error', list: 'errors' } : error
}

const envelopeSchema = z.object({
  data: z.array(z.unknown()).nullish(),
  errors: z.array(z.unknown()).nullish(),
})

// A field that only informs must not cost us the item that it stands in.
const text = z.string().nullish().catch(null)
const name = z
  .union([z.string(), z.number().transform(String)])
  .nullish()
  .catch(null)

const itemSchema = z
  .object({
    taskType: text,
    taskUUID: z.string().nullish(),
    /** Set here: which list of the answer holds it. */
    list: z.literal('errors').optional().catch(undefined),
    status: text,
    progress: z.number().nullish().catch(null),
    videoUUID: text,
    videoURL: text,
    cost: z.number().nullish().catch(null),
    code: name,
    message: text,
    parameter: z
      .union([z.string(), z.array(z.string())])
      .nullish()
      .catch(null),
    error: z
      .union([
        z.object({ code: name, message: text }),
        z.unknown().transform(() => ({ code: null, message: null })),
      ])
      .nullish(),
  })
  // A refusal before the task has its one `error` beside the task's name: the same thing, one level down.
  .transform(({ error, ...item }) => ({
    ...item,
    ...(error != null && {
      // A result is one, whatever is filled in beside it.
      status: item.status === 'success' && item.videoURL != null ? item.status : 'error',
      code: item.code ?? error.code ?? null,
      message: item.message ?? error.message ?? null,
    }),
  }))

export type Item = z.infer<typeof itemSchema>
