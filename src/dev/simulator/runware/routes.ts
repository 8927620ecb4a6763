/** Runware's one endpoint: a JSON array of tasks in, `data` and `errors` out. */

import { Hono } from 'hono'
import { z } from 'zod'
import { dueFault, isRefusedPoll } from '../directives.ts'
import { parseJson } from '../parse-json.ts'
import { record, type World } from '../world.ts'
import { failureError, type Refusal, refusal, refuseBroken, refuseIssue, refuseQuestion } from './errors.ts'
import { runwareQuestion } from './request.ts'
import { standingOf } from './results.ts'
import { type Piece, rehearse, submit } from './submit.ts'

export function runwareRoutes(world: World): Hono {
  return new Hono().post('/v1', async (c) => {
    const body = z
      .array(z.unknown())
      .min(1)
      .safeParse(parseJson(await c.req.text()))
    if (!body.success) {
      return answer([refusedWhole(400, 'invalidBody', 'The body must be a JSON array of tasks')])
    }
    const [first, ...rest] = body.data
    const signedIn = authentication.safeParse(first)
    const key = signedIn.success ? signedIn.data.apiKey : bearer(c.req.header('authorization'))
    if (key === undefined) return answer([refusedWhole(401, 'missingApiKey', 'No API key was given')])
    if (key !== world.edges.keys.runware) {
      return answer([refusedWhole(401, 'invalidApiKey', 'The API key is not valid')])
    }

    const isRehearsal = c.req.header('x-runware-dry-run') === '1'
    const pieces: Piece[] = []
    for (const task of signedIn.success ? rest : body.data) {
      pieces.push(await perform(world, task, isRehearsal ? 'rehearsal' : 'real'))
    }
    return answer(pieces)
  })
}

async function perform(world: World, asked: unknown, intent: 'real' | 'rehearsal'): Promise<Piece> {
  const named = z.object({ taskType: z.enum(['videoInference', 'getResponse']) }).safeParse(asked, {
    reportInput: true,
  })
  if (!named.success) {
    return {
      data: [],
      errors: named.error.issues.map((issue) => refuseIssue(issue, asked)),
    }
  }
  switch (named.data.taskType) {
    case 'videoInference':
      return intent === 'rehearsal' ? rehearse(asked) : submit(world, asked)
    case 'getResponse':
      return look(world, asked)
  }
}

function look(world: World, asked: unknown): Piece {
  const question = runwareQuestion.safeParse(asked, { reportInput: true })
  if (!question.success) {
    return {
      data: [],
      errors: question.error.issues.map((issue) => refuseIssue(issue, asked)),
    }
  }
  const taskId = question.data.taskUUID
  const piece = standing(world, taskId, asked)
  const status = piece.data.length > 0 ? 200 : (piece.errors[0]?.status ?? 200)
  record(world, { provider: 'runware', what: 'status.asked', taskId, status })
  return piece
}

function standing(world: World, taskId: string, asked: unknown): Piece {
  const absent = { data: [], errors: [refusal(404, 'taskNotFound', 'There is no such task', asked)] }
  const task = world.tasks.get(taskId)
  if (task?.provider !== 'runware') return absent

  const fault = dueFault(task.directives.poll, world.count(`poll ${taskId}`))
  if (isRefusedPoll(fault)) return { data: [], errors: [refuseQuestion(Number(fault), asked)] }
  switch (fault) {
    case '404':
      return absent
    case '500':
      return { data: [], errors: [refuseBroken(asked)] }
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
      const { data, errors } = standingOf(world, task)
      // The question was answered, so the status is 200 even if the answer is that all failed.
      return { data, errors: errors.map((error) => ({ status: 200, error })) }
    }
  }
}

/** A batch that went partly well is a 200 with both halves filled. */
function answer(pieces: Piece[]): Response {
  const data = pieces.flatMap((piece) => piece.data)
  const refusals = pieces.flatMap((piece) => piece.errors)
  const errors = refusals.map(({ error }) => error)
  const status = data.length > 0 ? 200 : (refusals[0]?.status ?? 200)
  return Response.json(errors.length > 0 ? { data, errors } : { data }, { status })
}

function refusedWhole(status: number, code: string, message: string): Piece {
  const refused: Refusal = refusal(status, code, message, undefined)
  return { data: [], errors: [refused] }
}

function bearer(header: string | undefined): string | undefined {
  return /^Bearer (.+)$/i.exec(header ?? '')?.[1]
}

const authentication = z.object({ taskType: z.literal('authentication'), apiKey: z.string() })
