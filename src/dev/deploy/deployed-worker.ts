/** The Worker that is deployed already: its bindings, by which a later deployment keeps what it has. */
import { z } from 'zod'
import { databaseBindings } from '../../core/shards.ts'
import type { Cloudflare, Refusal } from './cloudflare.ts'

export interface DeployedWorker {
  exists: boolean
  /** The names of all bindings. */
  names: string[]
  /** The names of the secrets, whose values cannot be read. */
  secrets: string[]
  /** The ids of its databases, by binding. */
  databases: ReadonlyMap<string, string>
  refusals: Refusal[]
}

export async function readDeployedWorker(cloudflare: Cloudflare, name: string): Promise<DeployedWorker> {
  const path = `workers/scripts/${name}/settings`
  const answer = await cloudflare.call(workerSchema, { method: 'GET', path })
  if (answer.ok) return { exists: true, ...answer.result, refusals: [] }
  const isAbsent = answer.refusal.codes.some((code) => workerNotFound.includes(code))
  const refusals = isAbsent ? [] : [answer.refusal]
  return { exists: false, names: [], secrets: [], databases: new Map(), refusals }
}

type Chosen = { ok: true; count: number } | { ok: false; fault: string }

/**
 * How many databases. `wanted`: null if the option is not given. A deployment keeps those that the Worker has, because a
 * job is only found in its own database.
 */
export function chooseShards({ names }: Pick<DeployedWorker, 'names'>, wanted: number | null): Chosen {
  const bound = names.filter((name) => databaseBindings.some((binding) => binding === name)).length
  const count = Math.max(1, bound)
  if (wanted !== null && wanted < count) {
    return {
      ok: false,
      fault: `The Worker has ${count} databases, and their jobs are nowhere else: --shards cannot be ${wanted}.`,
    }
  }
  return { ok: true, count: wanted ?? count }
}

const workerNotFound = [10007, 10090]

const bindingSchema = z.object({ name: z.string(), type: z.string(), id: z.string().optional() })

const workerSchema = z
  .object({ bindings: z.array(bindingSchema).nullish() })
  .transform(({ bindings }) => bindings ?? [])
  .transform((bindings) => ({
    names: bindings.map(({ name }) => name),
    secrets: bindings.flatMap(({ name, type }) => (type === 'secret_text' ? name : [])),
    databases: new Map(
      bindings.flatMap(({ name, type, id }) =>
        type === 'd1' && id !== undefined ? [[name, id] as const] : [],
      ),
    ),
  }))
