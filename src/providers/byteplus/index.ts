/**
 * BytePlus ModelArk and Volcengine Ark, the makers themselves: one API with two addresses. One output per task, a webhook at
 * each change of its status, a list that finds a lost submission, tokens instead of prices. Sources: docs.byteplus.com,
 * ModelArk, its pages on creating, reading, listing and deleting video generation tasks, error codes and model pricing, and
 * their Chinese twins at docs.volcengine.com.
 */
import * as kinds from '../../setting-kinds.ts'
import { refuseByCapabilities } from '../eligibility.ts'
import { type CallKind, callProvider } from '../http.ts'
import type { OnAnswer, Provider } from '../provider.ts'
import { defineSeller, type ProviderEdges } from '../seller.ts'
import { withUsd } from '../usd.ts'
import { cancelTask } from './cancel.ts'
import { capabilitiesIn } from './capabilities.ts'
import { options, refuseOptions } from './options.ts'
import { estimateOf } from './prices.ts'
import { bytePlusUrl, modelIdOf, modelPrefix, type Region, regionOf } from './region.ts'
import { promptOf, taskOf } from './request.ts'
import { outcomeOf, readAcknowledgement, readTask, readWebhook } from './response.ts'
import { findTask } from './search.ts'

export const byteplus = defineSeller({
  title: 'BytePlus or Volcengine Ark',
  prefix: 'BYTEPLUS',
  credentials: ['BYTEPLUS_API_KEY'],
  baseUrl: bytePlusUrl,
  settings: {
    BYTEPLUS_MODEL_PREFIX: kinds.optional(modelPrefix),
    BYTEPLUS_USD_PER_CNY: kinds.optional(kinds.price),
  },
  connect: ({ credentials: [apiKey], baseUrl, settings }, edges) => {
    const region = regionOf(baseUrl, settings.BYTEPLUS_MODEL_PREFIX)
    return withUsd(connect({ apiKey, baseUrl, region }, edges), settings.BYTEPLUS_USD_PER_CNY)
  },
})

interface Account {
  apiKey: string
  baseUrl: string
  region: Region
}

interface Call {
  method: 'GET' | 'POST' | 'DELETE'
  /** Behind the path of the tasks. */
  path?: string
  body?: unknown
  onAnswer?: OnAnswer | undefined
}

function connect({ apiKey, baseUrl, region }: Account, { fetch, now }: ProviderEdges): Provider {
  const call = (kind: CallKind, { path = '', ...init }: Call) =>
    callProvider(fetch, kind, `${baseUrl}/contents/generations/tasks${path}`, {
      headers: { authorization: `Bearer ${apiKey}` },
      ...init,
    })

  const getTask = async (taskId: string, onAnswer?: OnAnswer) => {
    const response = await call('safe', { method: 'GET', path: pathOf(taskId), onAnswer })
    return response.ok ? readTask(response.value, taskId, now()) : response
  }

  const capabilities = capabilitiesIn(region)
  return {
    name: 'byteplus',
    capabilities,
    options,
    refuse: (request) => [
      ...refuseByCapabilities(capabilities, request, promptOf(request)),
      ...refuseOptions(request),
    ],
    warn: () => [],

    async submit(submission, onAnswer) {
      const response = await call('billable', { method: 'POST', body: taskOf(submission, region), onAnswer })
      return response.ok ? readAcknowledgement(response.value, now()) : response
    },

    estimate: async (request) => estimateOf(request, region),

    async getStatus({ providerTaskId }, onAnswer) {
      const task = await getTask(providerTaskId, onAnswer)
      return task.ok ? { ok: true, value: outcomeOf(task.value, region) } : task
    },

    findSubmission: (submission) =>
      findTask(
        { getTask, listTasks: (query) => call('safe', { method: 'GET', path: `?${query}` }) },
        submission,
        modelIdOf(region, submission.request.model),
        now(),
      ),

    cancel: ({ providerTaskId }, onAnswer) =>
      cancelTask({
        getTask: () => getTask(providerTaskId, onAnswer),
        deleteTask: () => call('safe', { method: 'DELETE', path: pathOf(providerTaskId), onAnswer }),
      }),

    parseWebhook: (body) => readWebhook(body, region),
  }
}

// JSON may contain half a surrogate pair, and encodeURIComponent throws on it.
function pathOf(taskId: string): string {
  return `/${encodeURIComponent(taskId.toWellFormed())}`
}
