/** Runware's only endpoint: it receives a JSON array of tasks and returns `data` and `errors`. */

import { Hono } from 'hono'
import { z } from 'zod'
import { dueFault, isRefusedPoll } from '../directives.ts'
import { parseJson } from '../parse-json.ts'
import { record, type World } from '../world.ts'
import { failureError, type Refusal, refusal, refuseBroken, refuseIssue, refusePoll } from './errors.ts'
import { runwarePoll } from './request.ts'
import { resultsOf } from './results.ts'
import { dryRun, type PartialResponse, submit } from './submit.ts'

export function runwareRoutes(world: World): Hono {
  return new Hono().post('/v1', async (c) => {
    const body = z
      .array(z.unknown())
      .min(1)
      .safeParse(parseJson(await c.req.text()))
    if (!body.success) {
      return respond([refuseWhole(400, 'invalidBody', 'The body must be a JSON array of tasks')])
    }
    const [first, ...rest] = body.data
    const signedIn = authentication.safeParse(first)
    const key = signedIn.success ? signedIn.data.apiKey : bearer(c.req.header('authorization'))
    if (key === undefined) return respond([refuseWhole(401, 'missingApiKey', 'No API key was given')])
    if (key !== world.edges.keys.runware) {
      return respond([refuseWhole(401, 'invalidApiKey', 'The API key is not valid')])
    }

    const isDryRun = c.req.header('x-runware-dry-run') === '1'
    const parts: PartialResponse[] = []
    for (const task of signedIn.success ? rest : body.data) {
      parts.push(await perform(world, task, isDryRun ? 'dry_run' : 'real'))
    }
    return respond(parts)
  })
}

async function perform(world: World, task: unknown, intent: 'real' | 'dry_run'): Promise<PartialResponse> {
  const named = z.object({ taskType: z.enum(['videoInference', 'getResponse']) }).safeParse(task, {
    reportInput: true,
  })
  if (!named.success) {
    return {
      data: [],
      errors: named.error.issues.map((issue) => refuseIssue(issue, task)),
    }
  }
  switch (named.data.taskType) {
    case 'videoInference':
      return intent === 'dry_run' ? dryRun(task) : submit(world, task)
    case 'getResponse':
      return getStatus(world, task)
  }
}

function getStatus(world: World, request: unknown): PartialResponse {
  const poll = runwarePoll.safeParse(request, { reportInput: true })
  if (!poll.success) {
    return {
      data: [],
      errors: poll.error.issues.map((issue) => refuseIssue(issue, request)),
    }
  }
  const taskId = poll.data.taskUUID
  const response = statusOf(world, taskId, request)
  const status = response.data.length > 0 ? 200 : (response.errors[0]?.status ?? 200)
  record(world, { provider: 'runware', what: 'status.polled', taskId, status })
  return response
}

function statusOf(world: World, taskId: string, request: unknown): PartialResponse {
  const absent = { data: [], errors: [refusal(404, 'taskNotFound', 'There is no such task', request)] }
  const task = world.tasks.get(taskId)
  if (task?.provider !== 'runware') return absent

  const fault = dueFault(task.directives.poll, world.count(`poll ${taskId}`))
  if (isRefusedPoll(fault)) return { data: [], errors: [refusePoll(Number(fault), request)] }
  switch (fault) {
    case '404':
      return absent
    case '500':
      return { data: [], errors: [refuseBroken(request)] }
    case 'odd':
      return {
        data: [{ taskType: 'videoInference', taskUUID: taskId, status: 'reticulating' }],
        errors: [],
      }
    case 'empty':
      return { data: [], errors: [] }
    case 'failed':
      return { data: [], errors: [{ status: 200, error: failureError('provider', taskId) }] }
    case undefined: {
      const { data, errors } = resultsOf(world, task)
      // The poll succeeded, so the status is 200 even if every result failed.
      return { data, errors: errors.map((error) => ({ status: 200, error })) }
    }
  }
}

/** A batch that succeeded in part is a 200 with `data` and `errors`. */
function respond(parts: PartialResponse[]): Response {
  const data = parts.flatMap((part) => part.data)
  const refusals = parts.flatMap((part) => part.errors)
  const errors = refusals.map(({ error }) => error)
  const status = data.length > 0 ? 200 : (refusals[0]?.status ?? 200)
  return Response.json(errors.length > 0 ? { data, errors } : { data }, { status })
}

function refuseWhole(status: number, code: string, message: string): PartialResponse {
  const refused: Refusal = refusal(status, code, message, undefined)
  return { data: [], errors: [refused] }
}

function bearer(header: string | undefined): string | undefined {
  return /^Bearer (.+)$/i.exec(header ?? '')?.[1]
}

const authentication = z.object({ taskType: z.literal('authentication'), apiKey: z.string() })
