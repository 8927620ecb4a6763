/** Which events a stream of all jobs has. */
import { z } from '@hono/zod-openapi'
import { type Caller, sees } from '../../core/access.ts'
import { defaultEventTypes, type JobEventType } from '../../core/event.ts'
import { models, providerNames } from '../../core/request/choices.ts'
import type { FoundEvent } from '../../store/reports/watch-memory.ts'
import type { FieldFault } from '../problems.ts'

/** Not job.erased: the row of an erased job is gone. */
const streamedTypes = [
  'job.generating',
  'output.stored',
  'job.succeeded',
  'job.failed',
  'job.canceled',
] as const satisfies JobEventType[]

const typeList = new RegExp(`^(${streamedTypes.join('|')})(,(${streamedTypes.join('|')}))*$`)

export const filters = {
  types: z
    .string()
    .regex(typeList, `must be a list of ${streamedTypes.join(', ')}, separated by commas`)
    .optional()
    .openapi({
      description: `Separated by commas. The default is ${defaultEventTypes.join(',')}.`,
      example: 'job.succeeded,job.failed',
    }),
  provider: z
    .enum(providerNames)
    .optional()
    .openapi({ description: 'Only events of jobs whose provider now is this one.' }),
  model: z.enum(models).optional().openapi({ description: 'Only events of jobs of this model.' }),
}

const metadataKey = /^metadata\[(.+)\]$/

/** The faults that the schema cannot see: unknown and repeated parameters. */
export function filterFaults(query: Record<string, string[]>): FieldFault[] {
  const names = Object.keys(query)
  const unknown = names.filter((name) => !Object.hasOwn(filters, name) && !metadataKey.test(name))
  return [
    ...(unknown.length > 0 ? [{ path: '', message: `has unknown parameters: ${unknown.join(', ')}` }] : []),
    ...names
      .filter((name) => query[name]?.length !== 1)
      .map((path) => ({ path, message: 'is given more than once' })),
  ]
}

type Filter = { [name in keyof typeof filters]?: string | undefined }

/** `query`: all parameters, those of metadata included. */
export function isWantedBy(
  caller: Pick<Caller, 'project'>,
  { types, provider, model }: Filter,
  query: Record<string, string>,
): (event: FoundEvent) => boolean {
  const wanted = new Set<string>(types?.split(',') ?? defaultEventTypes)
  const metadata = Object.entries(query).flatMap(([name, value]) => {
    const key = metadataKey.exec(name)?.[1]
    return key === undefined ? [] : [[key, value] as const]
  })
  return (event) =>
    sees(caller, event) &&
    wanted.has(event.type) &&
    (provider === undefined || event.provider === provider) &&
    (model === undefined || event.model === model) &&
    metadata.every(([key, value]) => Object.hasOwn(event.metadata, key) && event.metadata[key] === value)
}
