/** Asks the deployed Worker which version it is, and whether it has the secret of the settings. */
import { z } from 'zod'
import { callToken } from '../../providers/simulator/token.ts'
import type { Settings } from './settings-file.ts'
import { type Answer, createCall, describeAnswer } from './smoke-call.ts'

export interface LiveWorker {
  url: string
  /** The version that must answer. */
  version: string
  fetch: typeof fetch
  print: (line: string) => void
  wait: (milliseconds: number) => Promise<void>
}

/**
 * Null when the address answers with the version; otherwise what is wrong. A deployment reaches all locations of Cloudflare
 * within seconds. A new workers.dev address takes up to some minutes, until it has a certificate.
 */
export async function waitForVersion({
  url,
  version,
  fetch,
  print,
  wait,
}: LiveWorker): Promise<string | null> {
  const call = createCall({ url, fetch })
  for (let attempt = 1; ; attempt += 1) {
    const fault = versionFault(await call('GET', '/healthz', undefined, 'without_key'), url, version)
    if (fault === null || attempt === attempts) return fault
    if (attempt === 2) print(`Waiting for ${url} to answer …`)
    await wait(pauseMs)
  }
}

function versionFault(answer: Answer, url: string, version: string): string | null {
  const health = healthSchema.safeParse(answer.json).data
  // A Worker of an earlier release shows no version.
  if (health !== undefined && (health.version ?? version) === version) return null
  if (health !== undefined)
    return `${url} still serves version ${health.version}, not ${version}. Test again with --smoke-test in a minute; if it stays, another Worker has this address.`
  if (answer.status === null)
    return `Nothing answers at ${url} (${answer.error}). Test again with --smoke-test in a minute, or compare PUBLIC_BASE_URL with the addresses in the dashboard of Cloudflare.`
  if (answer.json === undefined || answer.status === 404)
    return `${url} answers ${answer.status}, but it is not Reelhook. PUBLIC_BASE_URL is the address of something else, or a page of Cloudflare comes before the Worker.`
  return `The Worker at ${url} does not run: ${describeAnswer(answer)}`
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
  const call = createCall({ url, adminApiKey: await callToken([secret]), fetch })
  const { status, json } = await call('GET', '/simulator/tasks/none')
  return status === 401 && unauthorizedSchema.safeParse(json).success
}

const attempts = 60
const pauseMs = 3000

const healthSchema = z.object({ status: z.enum(['ok', 'degraded']), version: z.string().optional() })
const unauthorizedSchema = z.object({ error: z.literal('unauthorized') })
