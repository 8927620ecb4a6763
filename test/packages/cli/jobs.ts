/** Jobs of each kind, for the commands that change one. */
import { createClient } from '../../../src/sdk/client/index.ts'
import { createKey, markedPrompt, type PassedRequest, startLossyProxy, url } from '../support.ts'

export const unknownId = 'job_00000000000000000000000000'

/** A key of a project sees its own jobs only. */
export async function projectKey(): Promise<string> {
  return (await createKey({ project: `jobs-${crypto.randomUUID()}` })).key
}

interface Posting {
  provider?: 'runware' | 'fal' | 'scenario'
  /** Of the simulator. */
  directives?: string
  callback_url?: string
  callback_secret?: string
  reference_videos?: string[]
}

const request = { model: 'seedance-2.0-mini', duration: 5, resolution: '480p', provider: 'runware' } as const

async function postJob(apiKey: string, { directives, ...fields }: Posting = {}) {
  const prompt = markedPrompt(directives)
  const { id } = await createClient({ baseUrl: url, apiKey }).create({ ...request, ...fields, prompt })
  return { id, prompt }
}

export async function endedJob(apiKey: string, posting: Posting = {}) {
  const posted = await postJob(apiKey, posting)
  await createClient({ baseUrl: url, apiKey }).wait(posted.id)
  return posted
}

/** At its provider, for longer than a test takes. */
export async function runningJob(apiKey: string, provider: 'runware' | 'fal' = 'runware') {
  const posted = await postJob(apiKey, { directives: 'seconds=600', provider })
  for await (const { status } of createClient({ baseUrl: url, apiKey }).watch(posted.id))
    if (status === 'generating') break
  return posted
}

/** Loses the answers to the first requests that fit. */
export function startProxyThatLoses(fits: (request: PassedRequest) => boolean, times = 1) {
  let lost = 0
  return startLossyProxy((request) => {
    if (!fits(request) || lost >= times) return false
    lost += 1
    return true
  })
}
