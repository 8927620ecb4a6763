/**
 * The real adapter of a document on a recorded line, with the strict simulator at its other end: what is sent is read
 * twice, by the test and by somebody who knows the documents and nothing of Reelhook.
 */
import { mediaOf } from '../../../src/core/request/media.ts'
import { requestSchema } from '../../../src/core/request/request.ts'
import type { LogLine } from '../../../src/dev/simulator/world.ts'
import { createProviders } from '../../../src/providers/index.ts'
import type { Provider, Submission } from '../../../src/providers/provider.ts'
import { aSimulator, keys, type TestSimulator } from '../../dev/simulator/a-simulator.ts'
import { anAsset } from '../../dev/simulator/an-asset.ts'
import { now, type Sent } from '../a-submission.ts'
import type { Document, Overrides } from './document.ts'

/** Where each really is, and where the simulator has it. */
const places = {
  runware: ['https://api.runware.ai/v1', 'https://simulator.example.test/runware/v1'],
  crun: ['https://api.crun.ai', 'https://simulator.example.test/crun'],
  scenario: ['https://api.cloud.scenario.com/v1', 'https://simulator.example.test/scenario/v1'],
  aimlapi: ['https://api.aimlapi.com', 'https://simulator.example.test/aimlapi'],
} as const

export interface Line {
  provider: Provider
  /** What was sent, in order, with the parameters of the URL. */
  sent: (Sent & { query: Record<string, string> })[]
  /** What came back, in order. */
  heard: unknown[]
  log: () => readonly LogLine[]
  advance: TestSimulator['advance']
  /** The media of a request, each uploaded where the provider takes nothing else. */
  prepare: (submission: Submission) => Promise<Submission>
}

export function aLine({ provider: name }: Document): Line {
  const sim = aSimulator()
  const [real, simulated] = places[name]
  const sent: Line['sent'] = []
  const heard: unknown[] = []
  const fetch = async (request: Request) => {
    const text = await request.clone().text()
    sent.push({
      method: request.method,
      url: request.url,
      query: Object.fromEntries(new URL(request.url).searchParams),
      headers: Object.fromEntries(request.headers),
      body: text === '' ? undefined : JSON.parse(text),
      redirect: request.redirect,
    })
    const answer = await sim.simulator.fetch(new Request(request.url.replace(real, simulated), request))
    heard.push(await answer.clone().json())
    return answer
  }
  const [apiKey = '', apiSecret = ''] = keys.scenario.split(':')
  const accounts = {
    runware: { apiKey: keys.runware, baseUrl: places.runware[0] },
    crun: { apiKey: keys.crun, baseUrl: places.crun[0] },
    scenario: { apiKey, apiSecret, baseUrl: places.scenario[0] },
    aimlapi: { apiKey: keys.aimlapi, baseUrl: places.aimlapi[0] },
  }
  const provider = createProviders(accounts, fetch, now, async () => null)[name]
  if (provider === undefined) throw new Error(`there is no ${name}`)

  const prepare = async (submission: Submission) => {
    if (provider.uploads === undefined) return submission
    const assets = new Map<string, string>()
    for (const { path, value } of mediaOf(submission.request)) {
      const kind = path.startsWith('reference_videos')
        ? 'video'
        : path.startsWith('reference_audios')
          ? 'audio'
          : 'image'
      assets.set(value, assets.get(value) ?? (await anAsset(sim, kind)))
    }
    return { ...submission, assets }
  }
  return { provider, sent, heard, log: sim.simulator.log, advance: sim.advance, prepare }
}

export function bodyOf({ model, base }: Document, overrides: Overrides): Overrides {
  return { model, prompt: 'A paper boat', ...base, ...overrides }
}

/** Of a request that the door lets through. */
export function aSubmissionOf(document: Document, overrides: Overrides, { provider }: Line): Submission {
  const request = requestSchema.parse(bodyOf(document, overrides))
  return {
    request,
    wanted: Math.min(request.count, provider.capabilities.outputsPerTask),
    clientReference: crypto.randomUUID(),
    callbackUrl: 'https://reelhook.example.com/webhooks/job_1/token',
  }
}
