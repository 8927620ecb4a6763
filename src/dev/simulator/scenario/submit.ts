import type { Directives } from '../directives.ts'
import { parseJson } from '../parse-json.ts'
import { planSingle, readSilentDirectives } from '../single-task.ts'
import { submitUnderFault } from '../submission.ts'
import type { ScenarioTask } from '../task.ts'
import { accept, record, type World } from '../world.ts'
import { assetFaults } from './assets.ts'
import { newId } from './id.ts'
import { jobView } from './job.ts'
import {
  CREATIVE_UNITS_PER_USD,
  creativeUnitsFor,
  readModel,
  readRequest,
  type ScenarioModel,
  type ScenarioRequest,
} from './request.ts'
import { invalid, refusal, refuseBroken, refuseOnPurpose } from './responses.ts'

interface Order {
  model: ScenarioModel
  request: ScenarioRequest
  directives: Directives
}

/** `POST /generate/custom/{model}`. */
export async function generate(world: World, modelName: string, text: string): Promise<Response> {
  const read = readOrder(world, modelName, text)
  if (!read.ok) return refuse(world, read.refusal)
  const { order } = read

  return submitUnderFault(world, {
    provider: 'scenario',
    directives: order.directives,
    // Scenario has no idempotency key, so the same prompt with the same model counts as the same attempt, even with newly
    // uploaded assets.
    attempt: `${modelName} ${order.request.prompt}`,
    run: () => run(world, order),
    accepted: (task: ScenarioTask) =>
      Response.json({ job: jobView(task, world.edges.now()), creativeUnitsCost: task.creativeUnits }),
    broken: refuseBroken,
    refused: (fault) => refuse(world, refuseOnPurpose(fault)),
  })
}

/** `?dryRun=true` validates and prices a job; its status is 269 (Scenario's published SDK). */
export function dryRun(world: World, modelName: string, text: string): Response {
  const read = readOrder(world, modelName, text)
  if (!read.ok) return read.refusal
  const creativeUnitsCost = creativeUnitsFor(read.order.model, read.order.request)
  return Response.json({ creativeUnitsCost }, { status: 269 })
}

type ReadOrder = { ok: true; order: Order } | { ok: false; refusal: Response }

function readOrder(world: World, modelName: string, text: string): ReadOrder {
  const model = readModel(modelName)
  if (model === undefined) return { ok: false, refusal: refusal(404, `There is no model ${modelName}`) }
  const read = readRequest(model, parseJson(text))
  if (!read.success) return { ok: false, refusal: invalid(read.error) }
  const complaints = assetFaults(world, read.data)
  if (complaints.length > 0) return { ok: false, refusal: refusal(400, complaints.join('; ')) }
  const directed = readSilentDirectives(read.data.prompt ?? '', 'scenario')
  if (!directed.ok) return { ok: false, refusal: refusal(400, `prompt: ${directed.message}`) }
  return { ok: true, order: { model, request: read.data, directives: directed.directives } }
}

function run(world: World, { model, request, directives }: Order): ScenarioTask {
  const { isMade, ...plan } = planSingle(world, newId('asset'), directives)
  const creativeUnits = creativeUnitsFor(model, request)
  const task: ScenarioTask = {
    provider: 'scenario',
    taskId: newId('job'),
    model,
    request,
    webhookUrl: undefined,
    ...plan,
    creativeUnits,
    // A failed job is reimbursed (Scenario's published skill).
    billedUsd: isMade ? creativeUnits / CREATIVE_UNITS_PER_USD : 0,
  }
  accept(world, task)
  return task
}

function refuse(world: World, response: Response): Response {
  record(world, { provider: 'scenario', what: 'submit.refused', status: response.status })
  return response
}
