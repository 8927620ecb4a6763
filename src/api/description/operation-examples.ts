/**
 * One example for each JSON body of the description. The code that makes real responses makes most of them, so that they
 * stay true.
 */
import { keyPairs } from '../../core/crypto/key-pair.ts'
import { requestSchema } from '../../core/request/request.ts'
import { allProviders } from '../../providers/index.ts'
import { priceOf } from '../../providers/price-table.ts'
import { viewDisabled } from '../api-keys/disabled-callbacks.ts'
import { viewAsset } from '../assets/assets.ts'
import { viewDisabledOfKey, viewHost } from '../deliveries/hosts.ts'
import { viewReport } from '../deliveries/test-callback.ts'
import { viewDelivery } from '../deliveries/view.ts'
import { viewEndpoint } from '../endpoints/view.ts'
import { viewEstimate } from '../estimates/estimates.ts'
import { viewAnswers } from '../jobs/answers.ts'
import { viewModel } from '../models/models.ts'
import { viewSeries } from '../stats/series-view.ts'
import { viewStats } from '../system/stats-view.ts'
import { viewKeys } from '../system/webhook-keys.ts'
import { exampleAlerts } from './alert-examples.ts'
import { endpointTestExamples } from './endpoint-test-examples.ts'
import { exampleEvent, exampleJob, exampleJobRequest, exampleLink } from './event-examples.ts'
import { exampleTimeline } from './example-timeline.ts'
import { exampleApiKey, exampleCurrentKey } from './operation-example-keys.ts'
import {
  answeredTask,
  asset,
  attempt,
  counts,
  delivery,
  disabledHost,
  endpoint,
  lane,
  testDeliveries,
} from './operation-example-rows.ts'
import { exampleEventStream, streamOf } from './stream-examples.ts'

interface OperationExample {
  request?: unknown
  response?: unknown
  /** The same as server-sent events. */
  stream?: string
}

const exampleSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

/** By operationId. */
export async function operationExamples(): Promise<Record<string, OperationExample>> {
  const job = exampleJob('job.succeeded')
  const request = exampleJobRequest
  const headerNames = { callback_headers: Object.keys(request.callback_headers) }
  const apiKey = exampleApiKey
  const sent = viewDelivery(delivery, [attempt])
  const hooks = viewEndpoint(endpoint)
  const disabledRow = { ...disabledHost, apiKeyId: apiKey.id }
  const disabled = viewDisabled(disabledRow)
  const keys = await keyPairs(['the signing secret of this example'])

  return {
    createJob: { request, response: { ...exampleJob('queued'), ...headerNames } },
    listJobs: { response: { data: [job], next_cursor: null } },
    getJob: { response: { ...job, ...headerNames } },
    cancelJob: { response: exampleJob('job.canceled') },
    retryJob: {
      response: { ...exampleJob('queued'), id: 'job_01m7y3n7q0e9bt8w2xk4c5d6fh', retry_of: job.id },
    },
    listJobEvents: { response: { data: exampleTimeline(job) }, stream: streamOf(exampleTimeline(job)) },
    listJobAnswers: { response: { data: viewAnswers(answeredTask) } },
    followEvents: { stream: exampleEventStream() },
    createJobLinks: {
      request: { expires_in_seconds: 3_600 },
      response: {
        data: [{ n: 0, url: exampleLink.url, url_expires_at: new Date(exampleLink.expiresAt).toISOString() }],
      },
    },
    createEstimate: { request, response: { data: estimates() } },
    listModels: { response: { data: [viewModel('seedance-2.0-mini', [runware()], ['runware'])] } },
    uploadAsset: { response: viewAsset(asset) },
    getAsset: { response: viewAsset(asset) },
    listDeliveries: { response: { data: [sent], next_cursor: null } },
    getDelivery: { response: { ...sent, body: JSON.stringify(exampleEvent('job.succeeded')) } },
    redeliverDelivery: {
      response: viewDelivery({ ...delivery, status: 'pending', reason: 'sent_now' }, [attempt]),
    },
    redeliverDeliveries: {
      request: { since: '2026-11-20T00:00:00Z', endpoint_id: endpoint.id },
      response: { redelivered: 1, data: [{ id: delivery.id, url: delivery.url }], next_cursor: null },
    },
    listTroubledHosts: {
      response: {
        data: [viewHost(lane)],
        disabled_callbacks: [viewDisabledOfKey(disabledRow)],
        next_cursor: null,
      },
    },
    createEndpoint: {
      request: {
        url: endpoint.url,
        description: endpoint.description,
        event_types: endpoint.eventTypes,
        metadata: endpoint.metadata,
      },
      response: { ...hooks, secret: exampleSecret },
    },
    listEndpoints: { response: { data: [hooks] } },
    getEndpoint: { response: hooks },
    updateEndpoint: {
      request: { event_types: ['job.failed'] },
      response: viewEndpoint({ ...endpoint, eventTypes: ['job.failed'] }),
    },
    enableEndpoint: { response: hooks },
    ...endpointTestExamples(),
    testCallback: {
      request: { url: 'https://example.com/hooks/video', secret: exampleSecret },
      response: viewReport(testDeliveries),
    },
    createApiKey: {
      request: { name: apiKey.name, project: apiKey.project, monthly_budget_usd: apiKey.monthly_budget_usd },
      response: { ...apiKey, key: `rh_${'0123456789abcdef'.repeat(4)}`, callback_secret: exampleSecret },
    },
    getApiKey: { response: apiKey },
    getCurrentApiKey: { response: exampleCurrentKey },
    updateApiKey: {
      request: { monthly_budget_usd: 80 },
      response: { ...apiKey, monthly_budget_usd: 80 },
    },
    listApiKeys: { response: { data: [apiKey] } },
    rotateSecret: {
      response: {
        id: apiKey.id,
        callback_secret: exampleSecret,
        overlap_until: '2026-11-22T09:30:00.000Z',
      },
    },
    listDisabledCallbacks: { response: { data: [disabled] } },
    enableCallbacks: { response: { data: [disabled] } },
    getStats: {
      response: viewStats(counts, {
        webhookProviders: ['runware', 'crun'],
        limits: { crun: 10 },
        nowMs: Date.UTC(2026, 10, 21, 12),
      }),
    },
    listAlerts: { response: exampleAlerts(exampleSecret) },
    testAlerts: { response: { is_accepted: true, status: 200, error: null, response_body: 'ok' } },
    getStatsSeries: { response: exampleSeries() },
    getHealth: { response: { status: 'ok', version: '0.1.0', providers: ['runware', 'crun'] } },
    listWebhookKeys: { response: { keys: viewKeys(keys) } },
    getOpenApi: { response: { openapi: '3.1.0', info: { title: 'Reelhook', version: '1' } } },
  }
}

function exampleSeries() {
  const { finished, tasks, sinceMs } = counts.stats
  const part = {
    jobs: { queued: 0, generating: 4, storing: 0, succeeded: 121, failed: 3, canceled: 0 },
    finished: finished[0] ?? null,
    tasks,
  }
  return viewSeries(
    { sinceMs, parts: [{ startMs: sinceMs, ...part }], total: part },
    { untilMs: sinceMs + 1_800_000, interval: 'hour', webhookProviders: ['runware', 'crun'] },
  )
}

function estimates() {
  const request = requestSchema.parse(exampleJobRequest)
  const provider = runware()
  const price = priceOf(provider.capabilities.prices, request)
  return [
    viewEstimate(
      {
        name: provider.name,
        provider,
        reasons: provider.refuse(request),
        cost: price && { ok: true, value: price },
      },
      request,
    ),
    viewEstimate(
      {
        name: 'scenario',
        provider: undefined,
        reasons: [{ path: 'provider', message: 'has no API key in this deployment' }],
        cost: null,
      },
      request,
    ),
  ]
}

function runware() {
  const [first] = allProviders().filter(({ name }) => name === 'runware')
  if (first === undefined) throw new Error('Runware is not in the registry')
  return first
}
