/** An id that names nothing which the API key sees: the error names it, and says where to look. */
import { ReelhookError } from '../client/index.ts'
import { Stop } from './errors.ts'
import { exitCodes } from './exit-codes.ts'
import { plain } from './text.ts'

export type Thing = 'job' | 'delivery' | 'asset' | 'endpoint' | 'API key'

/** Waits for a call about the thing with this id. */
export async function about<T>(thing: Thing, id: string, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (!(error instanceof ReelhookError && error.code === 'not_found')) throw error
    const { requestId } = error
    throw new Stop(
      {
        exitCode: exitCodes.notFound,
        code: error.code,
        message: `There is no ${thing} ${plain(id) || '""'}${thing === 'API key' ? ', or it is revoked' : ''}.`,
        remedy: `${lists[thing]} Another project or deployment has others: "reelhook config" shows which one is used.`,
        requestId: requestId ?? undefined,
        jobId: thing === 'job' ? id : undefined,
      },
      { cause: error },
    )
  }
}

/** Null: the key has not the scope to look. */
export function unlessForbidden(error: unknown): null {
  if (error instanceof ReelhookError && error.code === 'forbidden') return null
  throw error
}

const lists: Record<Thing, string> = {
  job: '"reelhook jobs" lists those that your API key sees.',
  delivery: '"reelhook deliveries" lists those that your API key sees.',
  asset: '"reelhook assets upload" prints the id of an asset.',
  endpoint: 'Check the id.',
  'API key': '"reelhook keys" lists them.',
}
