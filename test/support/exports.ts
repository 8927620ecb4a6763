/** A deployment that exports, with a bucket, and its jobs. */
import { expect } from 'vitest'
import type { JobView } from '../../src/core/job/view-schema.ts'
import { apiRequest } from './api-call.ts'
import { anExportBucket, type ExportBucket } from './export-bucket.ts'
import { createMeteredWorker, type MeteredWorker } from './meter.ts'
import { aRequest } from './reelhook.ts'
import { publicBaseUrl, world } from './world.ts'

export const exportSettings = {
  EXPORT_ENDPOINT: 'https://s3.test',
  EXPORT_BUCKET: 'shop-videos',
  EXPORT_ACCESS_KEY_ID: 'the-access-key-id',
  EXPORT_SECRET_ACCESS_KEY: 'the-secret-access-key',
}

export interface ExportingWorker extends MeteredWorker {
  bucket: ExportBucket
}

export function anExportingWorker(settings: Partial<Env> = {}): ExportingWorker {
  const bucket = anExportBucket({
    bucket: exportSettings.EXPORT_BUCKET,
    accessKeyId: exportSettings.EXPORT_ACCESS_KEY_ID,
    secretAccessKey: exportSettings.EXPORT_SECRET_ACCESS_KEY,
    region: settings.EXPORT_REGION ?? 'auto',
    now: world.edges.now,
  })
  world.serve('https://s3.test', bucket.fetch)
  const worker = createMeteredWorker({ ...exportSettings, ...settings })
  return { ...worker, bucket }
}

/** Posts a job and ends it. The messages that this sends are processed, those of its exports included. */
export async function makeVideoWith(
  worker: MeteredWorker,
  overrides: Record<string, unknown> = {},
): Promise<string> {
  world.respondNext(`${publicBaseUrl}/webhooks`, (request) => worker.fetch(request))
  const accepted = await worker.fetch(apiRequest('POST', '/v1/jobs', aRequest(overrides)))
  expect(accepted.status).toBe(202)
  const { id } = await accepted.json<{ id: string }>()
  await worker.drain()
  await world.advance(10_000)
  await worker.drain()
  return id
}

export async function getJobWith(worker: MeteredWorker, id: string): Promise<JobView> {
  const response = await worker.fetch(apiRequest('GET', `/v1/jobs/${id}`))
  expect(response.status).toBe(200)
  return response.json()
}

export async function exportOf(worker: MeteredWorker, id: string) {
  return (await getJobWith(worker, id)).outputs[0]?.export
}
