/**
 * The adapter of a documented provider, connected to the strict simulator, with every request and response recorded. So
 * two independent readers check a request: the test, and the simulator, which knows only the documents.
 */
import { kindAt, mediaOf } from '../../../src/core/request/media.ts'
import { requestSchema } from '../../../src/core/request/request.ts'
import { simulatedSettings } from '../../../src/dev/simulated-accounts.ts'
import type { LogLine } from '../../../src/dev/simulator/world.ts'
import { sellers } from '../../../src/providers/index.ts'
import type { Provider, Submission } from '../../../src/providers/provider.ts'
import { aSimulator, type TestSimulator } from '../../dev/simulator/a-simulator.ts'
import { anAsset } from '../../dev/simulator/an-asset.ts'
import type { Sent } from '../a-submission.ts'
import { connect } from '../connect.ts'
import type { Document, Overrides } from './document.ts'

export interface Connection {
  provider: Provider
  /** The requests, in order, with their query parameters. */
  sent: (Sent & { query: Record<string, string> })[]
  /** The response bodies, in order. */
  received: unknown[]
  log: () => readonly LogLine[]
  advance: TestSimulator['advance']
  /** Uploads the media of a request, if the provider takes only uploaded media. */
  prepare: (submission: Submission) => Promise<Submission>
}

export function aConnection({ provider: name }: Document): Connection {
  const stand = aSimulator()
  const [address] = sellers[name].addresses
  const settings = simulatedSettings('https://simulator.example.test', name)
  const [real, simulated] = [address.byDefault, settings[address.setting] ?? '']
  const sent: Connection['sent'] = []
  const received: unknown[] = []
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
    const response = await stand.simulator.fetch(new Request(request.url.replace(real, simulated), request))
    received.push(await response.clone().json())
    return response
  }
  const provider = connect(name, { ...settings, [address.setting]: real }, fetch)

  const prepare = async (submission: Submission) => {
    if (provider.uploads === undefined) return submission
    const assets = new Map<string, string>()
    for (const { path, value } of mediaOf(submission.request)) {
      assets.set(value, assets.get(value) ?? (await anAsset(stand, kindAt(path))))
    }
    return { ...submission, assets }
  }
  return { provider, sent, received, log: stand.simulator.log, advance: stand.advance, prepare }
}

export function bodyOf({ model, base }: Document, overrides: Overrides): Overrides {
  return { model, prompt: 'A paper boat', ...base, ...overrides }
}

/** A submission of a valid request. */
export function aSubmissionOf(
  document: Document,
  overrides: Overrides,
  { provider }: Connection,
): Submission {
  const request = requestSchema.parse(bodyOf(document, overrides))
  return {
    request,
    wanted: Math.min(request.count, provider.capabilities.outputsPerTask),
    clientReference: crypto.randomUUID(),
    callbackUrl: 'https://reelhook.example.com/webhooks/job_1/token',
  }
}
