/** GET /v1/hosts: the hosts that accept nothing now or whose deliveries wait, and the callbacks that are disabled. */
import { createRoute, z } from '@hono/zod-openapi'
import { isoOrNull } from '../../core/iso.ts'
import { failuresToOpenCircuit, streakForgottenMs } from '../../core/schedule/deliveries.ts'
import type { DisabledCallbacks } from '../../store/deliveries/disabled.ts'
import {
  disabledCallbacksOfAll,
  findTroubledLanes,
  maxWaitingCounted,
  ownersSeenBy,
  type TroubledLane,
} from '../../store/reports/troubled-lanes.ts'
import { disabledSchema, viewDisabled } from '../api-keys/disabled-callbacks.ts'
import { invalidQuery, json, keyProblems, pageSize } from '../responses.ts'
import { createRouter } from '../router.ts'

const hostCursor = z.string().regex(/^[^/\s]{1,260}\/[a-z0-9_]{1,64}$/, 'must be a next_cursor')

const hostStates = ['down', 'failing', 'busy'] as const

const hostSchema = z
  .object({
    host: z.string().openapi({ description: 'With its port, if it has one.' }),
    endpoint_id: z.string().nullable().openapi({
      description: 'The endpoint whose deliveries these are; null for callbacks of an API key.',
    }),
    api_key_id: z.string().nullable().openapi({
      description:
        'The API key whose callbacks these are, or admin for the admin key; null for those of an endpoint.',
    }),
    state: z.enum(hostStates).openapi({
      description: `down: ${failuresToOpenCircuit} attempts in a row found it unavailable, so one delivery at a time tries it. failing: it accepted none of the last attempts, and each delivery keeps its schedule. busy: it has its maximum number of attempts running.`,
    }),
    failures: z.int().openapi({ description: 'The failed attempts since it last accepted a delivery.' }),
    failing_since: z.iso.datetime().nullable().openapi({ description: 'The first of these failures.' }),
    last_failure_at: z.iso.datetime().nullable(),
    waiting_count: z.int().openapi({
      description: `The deliveries that wait for the host without a scheduled time, counted up to ${maxWaitingCounted} in each database.`,
    }),
    next_attempt_at: z.iso.datetime().nullable().openapi({
      description:
        'When one delivery tries a host that is down. Null: the next delivery tries it, or it is not down.',
    }),
  })
  .openapi('TroubledHost')

const disabledOfKeySchema = disabledSchema.extend({ api_key_id: z.string() })

const list = createRoute({
  operationId: 'listTroubledHosts',
  tags: ['Deliveries'],
  method: 'get',
  path: '/',
  summary: 'List the hosts in trouble',
  description: `The receivers that failed in the last ${streakForgottenMs / 3_600_000} hours and have accepted nothing since, and those for which deliveries wait; by host, one entry for each endpoint or API key. A page can be short and still have a next_cursor.`,
  request: {
    query: z.strictObject({
      limit: pageSize.openapi({ description: 'The largest number of hosts.' }),
      cursor: hostCursor.optional().openapi({ description: 'The next_cursor of the page before.' }),
    }),
  },
  responses: {
    ...keyProblems,
    200: json(
      'A page of hosts.',
      z.object({
        data: z.array(hostSchema),
        disabled_callbacks: z.array(disabledOfKeySchema).openapi({
          description:
            'The hosts to which the callbacks of an API key are disabled, on each page the same: 100 at most. Its POST /v1/api-keys/{id}/enable-callbacks enables them. A disabled endpoint is in GET /v1/endpoints.',
        }),
        next_cursor: z.string().nullable(),
      }),
    ),
    422: invalidQuery,
  },
})

export const hostRoutes = createRouter().openapi(list, async (c) => {
  const context = c.get('context')
  const { limit, cursor } = c.req.valid('query')
  const [host, ownerId] = cursor?.split('/') ?? []
  const after = host === undefined || ownerId === undefined ? null : { host, ownerId }
  const owners = await ownersSeenBy(context.db, c.get('caller'))
  const [{ lanes, next }, disabled] = await Promise.all([
    findTroubledLanes(context, owners, { after, limit }, context.now()),
    disabledCallbacksOfAll(context.db, owners),
  ])
  const next_cursor = next === null ? null : `${next.host}/${next.ownerId}`
  return c.json(
    { data: lanes.map(viewHost), disabled_callbacks: disabled.map(viewDisabledOfKey), next_cursor },
    200,
  )
})

export function viewHost(lane: TroubledLane): z.infer<typeof hostSchema> {
  const isOfEndpoint = lane.ownerId.startsWith('ep_')
  return {
    host: lane.host,
    endpoint_id: isOfEndpoint ? lane.ownerId : null,
    api_key_id: isOfEndpoint ? null : lane.ownerId,
    state: stateOf(lane),
    failures: lane.failures,
    failing_since: isoOrNull(lane.failingSince),
    last_failure_at: isoOrNull(lane.failedAt),
    waiting_count: lane.waiting,
    next_attempt_at: isoOrNull(lane.triedAt),
  }
}

function stateOf({ isDown, failures }: TroubledLane): (typeof hostStates)[number] {
  if (isDown) return 'down'
  return failures > 0 ? 'failing' : 'busy'
}

export function viewDisabledOfKey(row: DisabledCallbacks): DisabledView {
  return { ...viewDisabled(row), api_key_id: row.apiKeyId }
}

export type HostView = z.infer<typeof hostSchema>
export type DisabledView = z.infer<typeof disabledOfKeySchema>
