/** Checks the deployed Worker from outside: that its address answers with the new version, and that a job ends. */
import { z } from 'zod'
import { callToken } from '../../providers/simulator/token.ts'
import type { Settings } from './settings-file.ts'

export interface LiveWorker {
  url: string
  /** The version that must answer. */
  version: string
  fetch: typeof fetch
  print: (line: string) => void
  wait: (milliseconds: number) => Promise<void>
}

/** Null: passed. Otherwise what failed and what to do. */
export type SmokeTest = (of: {
  url: string
  adminApiKey: string
  fetch: typeof fetch
  print: (line: string) => void
}) => Promise<string | null>

/**
 * Null when the address answers with the version. A new workers.dev address takes up to some minutes, until it has a
 * certificate.
 */
export async function waitForVersion({
  url,
  version,
  fetch,
  print,
  wait,
}: LiveWorker): Promise<string | null> {
  let last = 'nothing'
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (attempt > 0) await wait(pauseMs)
    if (attempt === 2) print(`Waiting for ${url} to answer …`)
    const answer = await readHealth(url, fetch)
    // A Worker of an earlier release shows no version.
    if (answer.kind === 'healthy' && (answer.version ?? version) === version) return null
    last = answer.kind === 'healthy' ? `version ${answer.version}` : answer.detail
  }
  const minutes = Math.round((attempts * pauseMs) / 60_000)
  return `${url} does not answer with version ${version} after ${minutes} minutes (last: ${last}).`
}

/**
 * Whether the Worker has another SIGNING_SECRET than those of the settings. It would make its stored keys unreadable and its
 * links invalid. Only the same secret derives the token of its simulator. False if the Worker does not say so.
 */
export async function hasOtherSecret(
  { url, fetch }: Pick<LiveWorker, 'url' | 'fetch'>,
  { SIGNING_SECRET: current, SIGNING_SECRET_PREVIOUS: previous }: Settings,
): Promise<boolean> {
  const secrets = [current, previous].filter((secret) => secret !== undefined)
  const refusals = await Promise.all(secrets.map((secret) => refusesToken(url, fetch, secret)))
  return refusals.length > 0 && refusals.every((isRefused) => isRefused)
}

async function refusesToken(url: string, fetch: LiveWorker['fetch'], secret: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/simulator/tasks/none`, {
      headers: { authorization: `Bearer ${await callToken([secret])}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const body: unknown = await response.json().catch(() => null)
    return response.status === 401 && unauthorizedSchema.safeParse(body).success
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof DOMException)) throw error
    return false
  }
}

type Health = { kind: 'healthy'; version: string | undefined } | { kind: 'unhealthy'; detail: string }

async function readHealth(url: string, fetch: LiveWorker['fetch']): Promise<Health> {
  try {
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(timeoutMs) })
    const body: unknown = await response.json().catch(() => null)
    const healthy = healthSchema.safeParse(body)
    if (response.ok && healthy.success) return { kind: 'healthy', version: healthy.data.version }
    const problem = problemSchema.safeParse(body)
    return { kind: 'unhealthy', detail: problem.data?.detail ?? `status ${response.status}` }
  } catch (error) {
    // No connection, no certificate, or no answer in time.
    if (!(error instanceof TypeError) && !(error instanceof DOMException)) throw error
    return { kind: 'unhealthy', detail: error.message }
  }
}

const attempts = 60
const pauseMs = 3000
const timeoutMs = 10_000

const healthSchema = z.object({ status: z.enum(['ok', 'degraded']), version: z.string().optional() })
const unauthorizedSchema = z.object({ error: z.literal('unauthorized') })
const problemSchema = z.object({ detail: z.string() })
