/**
 * The one shape of all that Runware says: an item of a task, be it an acknowledgement, a state, a result or an
 * error. Everything but the task's name is read leniently.
 */
import { z } from 'zod'
import type { RemoteOutput } from './provider.ts'

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

/** `awaitsUpload`: whether a video that is PUT to us still has a URL is undocumented, so that its end must do. */
export function outputOf(item: Item, awaitsUpload: boolean): RemoteOutput[] {
  const { videoURL: url, status } = item
  if (url != null) return [{ id: item.videoUUID ?? url, url }]
  const id = item.videoUUID ?? item.taskUUID
  return awaitsUpload && status === 'success' && id != null ? [{ id, url: null }] : []
}

export function isError(item: Item): boolean {
  return item.status === 'error' || item.code != null
}

function asError(error: unknown): unknown {
  return typeof error === 'object' && error !== null ? { ...error, status: 'error' } : error
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
    taskUUID: z.string().nullish(),
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
      status: 'error',
      code: item.code ?? error.code ?? null,
      message: item.message ?? error.message ?? null,
    }),
  }))

export type Item = z.infer<typeof itemSchema>
