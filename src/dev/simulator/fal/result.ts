/** A request as its addresses show it, and its webhook. */
import { linkInResponse, linkInWebhook } from '../links.ts'
import { type FalTask, stageOf } from '../task.ts'
import type { World } from '../world.ts'
import { type FalResponse, failedResult, refuse } from './responses.ts'

export function urlsOf({ edges }: World, { app, requestId }: FalTask) {
  const url = `${edges.baseUrl}/fal/${app}/requests/${requestId}`
  return { response_url: url, status_url: `${url}/status`, cancel_url: `${url}/cancel` }
}

/** 202 until it is completed. */
export function statusOf(world: World, task: FalTask): FalResponse {
  const common = { request_id: task.requestId, ...urlsOf(world, task) }
  switch (stageOf(task, world.edges.now())) {
    case 'pending':
      return { status: 202, body: { status: 'IN_QUEUE', queue_position: 0, ...common } }
    case 'running':
      return { status: 202, body: { status: 'IN_PROGRESS', logs: null, ...common } }
    case 'ended':
      return completedStatus(world, task)
  }
}

export function completedStatus(world: World, task: FalTask): FalResponse {
  const common = { request_id: task.requestId, ...urlsOf(world, task) }
  return { status: 200, body: { status: 'COMPLETED', logs: null, metrics: {}, ...common } }
}

export function resultOf(world: World, task: FalTask): FalResponse {
  return stageOf(task, world.edges.now()) === 'ended'
    ? endedResult(world, task, linkInResponse)
    : refuse(400, 'Request is still in progress')
}

export function resultWebhook(world: World, task: FalTask): unknown {
  const { requestId } = task
  const { status, body } = endedResult(world, task, linkInWebhook)
  const common = { request_id: requestId, gateway_request_id: requestId, payload: body }
  return status === 200
    ? { ...common, status: 'OK', error: null }
    : { ...common, status: 'ERROR', error: `Invalid status code: ${status}` }
}

function endedResult(world: World, task: FalTask, makeLink: typeof linkInResponse): FalResponse {
  const [output] = task.outputs
  if (output === undefined) return refuse(404, 'Path not found')
  if (output.failure !== undefined) return failedResult(output.failure, task.request.prompt)
  const url = makeLink(world, task, output)
  const video = { url, content_type: 'video/mp4', file_name: 'video.mp4', file_size: output.sizeBytes }
  return { status: 200, body: { video: task.directives.link === 'none' ? null : video, seed: 42 } }
}
