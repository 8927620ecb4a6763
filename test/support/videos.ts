/** Settled jobs, and the bytes of their videos. */
import type { JobView } from '../../src/core/job/view-schema.ts'
import { billsFor, postJob, untilStatus, untilSubmitted } from './reelhook.ts'
import { world } from './world.ts'

/** Posts a job and waits until its video is stored. */
export async function makeVideo(overrides: Record<string, unknown> = {}): Promise<JobView> {
  const { id } = await postJob(overrides)
  await finish(id)
  return untilStatus(id, 'succeeded')
}

/** Posts a job that fails at the provider, and waits until it is settled. */
export async function failVideo(overrides: Record<string, unknown> = {}): Promise<JobView> {
  const { id } = await postJob({ prompt: 'A paper boat sim(fail=provider)', ...overrides })
  await finish(id)
  return untilStatus(id, 'failed')
}

/** Waits until the job is submitted, and lets the provider finish it. */
export async function finish(id: string): Promise<void> {
  await untilSubmitted(id)
  await world.advance(10_000)
}

/** The bytes of a job's outputs, as the simulated provider has them. */
export async function bytesAtProvider(jobId: string): Promise<Uint8Array[]> {
  const ids = billsFor(jobId).flatMap(({ outputs }) => outputs.map(({ outputId }) => outputId))
  return Promise.all(ids.map(async (id) => bytesOf(world.simulator.mediaOf(id)?.stream() ?? null)))
}

export async function bytesOf(body: BodyInit | null): Promise<Uint8Array> {
  return new Uint8Array(await new Response(body).arrayBuffer())
}

export async function sha256Of(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).toHex()
}
