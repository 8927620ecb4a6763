/**
 * The items of Runware's responses and webhooks: an acknowledgement, a status, a result or an error of a task. Every
 * field except the task's id is parsed leniently.
 */
import { z } from 'zod'
import { lenient, text } from '../lenient.ts'
import type { RemoteOutput } from '../provider.ts'

/** The items of every documented shape: flat, array, `data`, `errors`, both, or one `error`. */
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
 * The errors among the items, each once. An error has no id. The same error may be in `data` and again in `errors`, but
 * two equal errors within one list are those of two results.
 */
export function distinctErrors(items: readonly Item[]): Item[] {
  const errors = items.filter(isError)
  const inData = errors.filter(({ list }) => list !== 'errors')
  const inErrors = errors.filter(({ list }) => list === 'errors')
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

const name = lenient(z.union([z.string(), z.number().transform(String)]))

const itemSchema = z
  .object({
    taskType: text,
    taskUUID: z.string().nullish(),
    /** Set by `itemsOf`: the list that contained the item. */
    list: z.literal('errors').optional().catch(undefined),
    status: text,
    progress: lenient(z.number()),
    videoUUID: text,
    videoURL: text,
    cost: lenient(z.number()),
    code: name,
    message: text,
    parameter: lenient(z.union([z.string(), z.array(z.string())])),
    error: z
      .union([
        z.object({ code: name, message: text }),
        z.unknown().transform(() => ({ code: null, message: null })),
      ])
      .nullish(),
  })
  // A refusal before the task exists has one `error` object beside the task's id: the same fields, one level down.
  .transform(({ error, ...item }) => ({
    ...item,
    ...(error != null && {
      // An item with a video is a result, even with an `error` beside it.
      status: item.status === 'success' && item.videoURL != null ? item.status : 'error',
      code: item.code ?? error.code ?? null,
      message: item.message ?? error.message ?? null,
    }),
  }))

export type Item = z.infer<typeof itemSchema>
