/** One response names the faults of a request and what no provider can do: it is corrected once. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allReasons, candidatesFor, isEligible } from '../../../src/api/jobs/candidates.ts'
import { completeRequest } from '../../../src/api/jobs/faulty-request.ts'
import { lastingReasons } from '../../../src/api/jobs/lasting-reasons.ts'
import { fieldFaults } from '../../../src/api/problems.ts'
import { aspectRatios, models, providerNames, resolutions } from '../../../src/core/request/choices.ts'
import { type PostedRequest, requestSchema, wellFormedPart } from '../../../src/core/request/request.ts'
import { anAsset } from '../../support/assets.ts'
import { expectProblem } from '../../support/problem.ts'
import { aRequest, post } from '../../support/reelhook.ts'
import { aContext } from '../../support/runtime.ts'
import { world } from '../../support/world.ts'

const image = 'https://media.test/boat.png'
const video = 'https://media.test/gutter.mp4'
const audio = 'https://media.test/rain.mp3'
const runwareId = '6f9619ff-8b86-4d01-b42d-00cf4fc964ff'

async function faultsOf(overrides: Record<string, unknown>, path = '/v1/jobs'): Promise<string[]> {
  const { errors = [] } = await expectProblem(await post(path, aRequest(overrides)), 422, 'invalid_request')
  return errors.map((fault) => `${fault.path} ${fault.message}`).toSorted()
}

describe.each(['/v1/jobs', '/v1/estimates'])('a faulty request to %s', (path) => {
  it.each([
    ['in its form', { count: 9 }, /^count /],
    ['in its content', { callback_url: 'https://localhost/hook' }, /^callback_url /],
    ['in a rule', { callback_url: undefined }, /^callback_secret needs a callback_url/],
  ])('with a fault %s has the reasons of its provider too', async (_, fault, expected) => {
    const asked = { provider: 'crun', model: 'seedance-2.0', resolution: '4k', seed: 7, ...fault }
    expect(await faultsOf(asked, path)).toEqual([
      expect.stringMatching(expected),
      'resolution crun: must be one of 480p, 720p, 1080p',
      'seed crun: cannot be set',
    ])
  })

  it('has the limits of a provider for files that are stored', async () => {
    const { id } = await anAsset('video/webm')
    const asked = { provider: 'aimlapi', count: 9, reference_videos: [id] }
    expect(await faultsOf(asked, path)).toEqual([
      expect.stringMatching(/^count /),
      expect.stringMatching(/^reference_videos.0 aimlapi: must be .* but is video\/webm$/),
    ])
  })

  it.each([
    ['a frame', { last_frame: 'https://media.test/end.png' }, 'last_frame'],
    ['a reference', { reference_images: ['ftp://media.test/boat.png'] }, 'reference_images.0'],
    [
      'the options of another provider',
      { provider_options: { crun: { color: 1 } } },
      'provider_options.crun.color',
    ],
  ])('has the reasons at the prompt and the shape beside a fault in %s', async (_, fault, expected) => {
    const asked = { provider: 'runware', prompt: 'A', aspect_ratio: 'auto', ...fault }
    const faults = await faultsOf(asked, path)
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual(
      ['aspect_ratio', 'prompt', expected].toSorted(),
    )
  })

  it.each([
    [
      'whose price is known without a call',
      { provider: 'fal', max_cost_usd: 0.01, count: 1, foo: 1 },
      ' fal: it would cost $',
    ],
    [
      'that is asked for its price',
      { provider: 'runware', max_cost_usd: 0.01, metadata: 5 },
      ' runware: it would cost $',
    ],
    [
      'whose price is in credits',
      { provider: 'crun', max_cost_usd: 5, metadata: 5 },
      ' crun: its price is in credits',
    ],
  ])('has the limit of the cost at a provider %s', async (_, fault, expected) => {
    const faults = await faultsOf(fault, path)
    expect(faults).toHaveLength(2)
    expect(faults).toContainEqual(expect.stringContaining(`max_cost_usd${expected}`))
  })

  it('asks for no price while a field has a fault that the price may depend on', async () => {
    const asked = { provider: 'runware', max_cost_usd: 0.01, duration: 99 }
    expect(await faultsOf(asked, path)).toEqual([expect.stringMatching(/^duration /)])
    expect(world.simulator.log()).toEqual([])
  })

  it('has no reasons while a provider can run it', async () => {
    const asked = { provider: ['crun', 'aimlapi'], model: 'seedance-2.0', resolution: '4k', count: 9 }
    expect(await faultsOf(asked, path)).toEqual([expect.stringMatching(/^count /)])
  })

  it('has no reasons at a field that is to be corrected', async () => {
    expect(await faultsOf({ provider: 'crun', seed: -7 }, path)).toEqual([expect.stringMatching(/^seed /)])
  })
})

const sellerNames = providerNames.filter((name) => name !== 'simulator')
const readFields = [
  'model',
  'first_frame',
  'reference_images',
  'reference_videos',
  'provider_options',
  'seed',
]

/** Values that some of the providers refuse. */
const request = fc
  .record(
    {
      model: fc.constantFrom(...models),
      prompt: fc.constantFrom('Boat', 'x'.repeat(5_000), undefined),
      first_frame: fc.constantFrom(image, runwareId, undefined),
      reference_images: fc.array(fc.constantFrom(image, 'asset://boat'), { maxLength: 9 }),
      reference_videos: fc.array(fc.constant(video), { maxLength: 3 }),
      reference_audios: fc.array(fc.constant(audio), { maxLength: 3 }),
      duration: fc.constantFrom(5, 12, 'auto'),
      resolution: fc.constantFrom(...resolutions),
      aspect_ratio: fc.constantFrom(...aspectRatios, undefined),
      output_format: fc.constantFrom('mp4', 'mov'),
      seed: fc.constantFrom(7, undefined),
      provider: fc.oneof(
        fc.constantFrom('auto', ...sellerNames),
        fc.uniqueArray(fc.constantFrom(...sellerNames), { minLength: 1 }),
      ),
      provider_options: fc.constantFrom(
        {},
        { crun: { byteplus_fallback: true } },
        { byteplus: { omni_reference_task_type: 'edit' } },
        { aimlapi: { audio_url: audio } },
        { aimlapi: { video_url: video } },
      ),
    },
    { noNullPrototype: true },
  )
  .map((body) => requestSchema.safeParse(body))
  .filter((parsed) => parsed.success)
  .map(({ data }) => data)

function reasonsOf(asked: PostedRequest) {
  const candidates = candidatesFor(aContext(), asked, new Map())
  return candidates.some(isEligible) ? [] : allReasons(candidates)
}

/** `faulty`: the fields that are posted with a fault. Media keep their number. */
function lasting(corrected: PostedRequest, faulty: readonly string[]) {
  const posted = Object.fromEntries(
    Object.entries(corrected).map(([field, value]) => [
      field,
      faulty.includes(field) ? spoiled(value) : value,
    ]),
  )
  const { error } = requestSchema.safeParse(posted)
  const formFaults = error === undefined ? [] : fieldFaults(error)
  const completed = completeRequest({ posted, part: wellFormedPart(posted), formFaults, contentFaults: [] })
  return lastingReasons(aContext(), { monthlyBudgetMicros: null }, completed, new Map())
}

function spoiled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(spoiled)
  return typeof value === 'string' ? 'ftp://media.test' : null
}

describe('the reasons that last', () => {
  it('hold however the faulty fields are corrected', () => {
    const fields = fc.uniqueArray(fc.constantFrom(...readFields), { minLength: 1, maxLength: 3 })
    return fc.assert(
      fc.asyncProperty(request, fields, async (corrected, faulty) => {
        const reasons = await lasting(corrected, faulty)
        expect(reasonsOf(corrected)).toEqual(expect.arrayContaining(reasons))
      }),
      { numRuns: 500 },
    )
  })

  it('are all reasons, if the faulty fields are none that a provider reads', () => {
    return fc.assert(
      fc.asyncProperty(request, async (corrected) => {
        expect(await lasting(corrected, ['metadata'])).toEqual(reasonsOf(corrected))
      }),
      { numRuns: 200 },
    )
  })
})
