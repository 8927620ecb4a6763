import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Model } from '../../../src/core/request/choices.ts'
import { differencesFrom, fingerprintOf } from '../../../src/core/request/fingerprint.ts'
import { modelLimits } from '../../../src/core/request/model-limits.ts'
import { requestSchema } from '../../../src/core/request/request.ts'
import { storedRequestSchema } from '../../../src/core/request/stored.ts'
import { aBody, aRequest, callbackSecret, image } from './a-request.ts'

const defaults = {
  reference_images: [],
  reference_videos: [],
  reference_audios: [],
  duration: 5,
  resolution: '720p',
  generate_audio: true,
  count: 1,
  provider: 'auto',
  provider_options: {},
  callback_events: ['job.succeeded', 'job.failed', 'job.canceled'],
  callback_format: 'reelhook',
  metadata: {},
  resubmit_unknown: false,
  deadline_seconds: 1_800,
  output_format: 'mp4',
}

/** That of the deadline depends on the model. */
const defaultsOf = (model: Model) => ({ ...defaults, deadline_seconds: modelLimits[model].deadlineSeconds })

const fingerprint = (body: unknown) => fingerprintOf(requestSchema.parse(body))

/** The same JSON value, written with other key orders, spaces, escapes and numbers. */
function rewrite(value: unknown, random: () => number): string {
  const space = () => ' \n\t'.repeat(Math.floor(random() * 2))
  if (Array.isArray(value)) return `[${space()}${value.map((inner) => rewrite(inner, random)).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .map((entry) => ({ entry, at: random() }))
      .sort((one, other) => one.at - other.at)
      .map(
        ({ entry: [key, inner] }) => `${space()}${rewrite(key, random)}${space()}:${rewrite(inner, random)}`,
      )
    return `{${entries.join(',')}${space()}}`
  }
  if (typeof value === 'number')
    return random() < 0.5 ? `${value}${Number.isInteger(value) ? '.0' : '0'}` : `${value}`
  if (typeof value !== 'string') return String(value)
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  const units = value
    .split('')
    .map((unit) => (random() < 0.5 ? escaped(unit) : JSON.stringify(unit).slice(1, -1)))
  return value.isWellFormed() && random() < 0.7 ? `"${units.join('')}"` : JSON.stringify(value)
}

const text = (maxLength: number) =>
  fc.string({ unit: 'grapheme', minLength: 1, maxLength }).filter((value) => value.trim() !== '')

const body = fc.record(
  {
    model: fc.constantFrom<Model>('seedance-2.0', 'seedance-2.0-mini', 'seedance-2.5'),
    prompt: text(20).filter((value) => !/[[\]{}]/.test(value)),
    duration: fc.constantFrom(4, 5, 'auto'),
    seed: fc.integer({ min: 0, max: 9 }),
    generate_audio: fc.boolean(),
    max_cost_usd: fc.constantFrom(0.5, 5, 12.25),
    provider: fc.constantFrom('auto', ['crun', 'runware']),
    provider_options: fc.constantFrom({ crun: { a: { z: 1, b: [2, 1] } } }, { crun: {} }),
    metadata: fc.dictionary(
      text(4).filter((key) => key !== '__proto__'),
      text(6),
      { maxKeys: 4 },
    ),
    deadline_seconds: fc.constantFrom(1_800, 3_600),
  },
  { requiredKeys: ['model', 'prompt'] },
)

describe('a fingerprint', () => {
  it('is the same however the request is written', () => {
    fc.assert(
      fc.property(body, fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })), (one, stream) => {
        const random = () => stream.next().value
        const spelledOut = random() < 0.5 ? { ...defaultsOf(one.model), ...one } : one
        const written = rewrite(spelledOut, random)
        expect(fingerprint(JSON.parse(written)), written).toBe(fingerprint(one))
      }),
    )
  })

  it('is the same only for requests that are equal when parsed', () => {
    fc.assert(
      fc.property(body, body, (one, other) => {
        // Sorted keys at every depth, and no empty options: the order and `crun: {}` mean nothing.
        const meant = (posted: unknown) => {
          const { provider_options, metadata, ...rest } = storedRequestSchema.parse(posted)
          const sorted = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1))
          return JSON.stringify([rest, sorted, provider_options.crun?.a])
        }
        expect(fingerprint(one) === fingerprint(other)).toBe(meant(one) === meant(other))
      }),
    )
  })

  it('is the same with and without the defaults, each by itself and all together', () => {
    for (const [field, value] of Object.entries(defaults)) {
      expect(fingerprint(aBody({ [field]: value })), field).toBe(fingerprint(aBody()))
    }
    expect(fingerprint(aBody(defaults))).toBe(fingerprint(aBody()))
    const empty = { provider_options: { crun: {}, runware: {} }, callback_url: undefined }
    expect(fingerprint(aBody(empty))).toBe(fingerprint(aBody()))
  })

  it('does not contain a default, so a new field with a default changes no fingerprint', () => {
    expect(JSON.parse(fingerprint(aBody()))).toEqual(aBody())
  })

  it.each<[string, unknown]>([
    ['model', 'seedance-2.0'],
    ['prompt', 'A paper boat drifts down a rainy gutter!'],
    ['first_frame', image],
    ['reference_images', [image]],
    ['duration', 6],
    ['duration', 'auto'],
    ['resolution', '480p'],
    ['aspect_ratio', '16:9'],
    ['generate_audio', false],
    ['seed', 0],
    ['count', 2],
    ['provider', 'runware'],
    ['provider', ['runware', 'crun']],
    ['provider_options', { crun: { a: 1 } }],
    ['provider_options', { runware: { a: 1 } }],
    ['provider_options', { crun: { a: [1, 2] } }],
    ['provider_options', { crun: { a: {} } }],
    ['callback_events', ['job.failed']],
    ['callback_format', 'openai'],
    ['metadata', { order: '42' }],
    ['metadata', { order: '43' }],
    ['max_cost_usd', 1],
    ['resubmit_unknown', true],
    ['deadline_seconds', 1_801],
    ['retention_days', 0],
    ['callback_url', 'https://caller.test/hook'],
  ])('differs with %s', (field, value) => {
    expect(fingerprint(aBody({ [field]: value }))).not.toBe(fingerprint(aBody()))
  })

  it('differs with the callback secret', () => {
    const callback = { callback_url: 'https://caller.test/hook' }
    const unsigned = fingerprint(aBody(callback))
    expect(fingerprint(aBody({ ...callback, callback_secret: callbackSecret }))).not.toBe(unsigned)
  })
})

describe('the differences from a stored request', () => {
  const stored = aRequest({
    metadata: { order: '42', shop: 'north' },
    provider_options: { crun: { a: { b: 1, c: 2 } } },
    reference_images: [image, image],
    seed: 7,
  })

  it('are the paths whose values differ, at any depth', () => {
    const posted = requestSchema.parse(
      aBody({
        prompt: 'A paper kite',
        metadata: { order: '43', shop: 'north', clerk: 'Ada' },
        provider_options: { crun: { a: { b: 1, c: 3 } } },
        reference_images: [image],
        duration: 6,
      }),
    )
    expect(differencesFrom(stored, posted).sort()).toEqual([
      'duration',
      'metadata.clerk',
      'metadata.order',
      'prompt',
      'provider_options.crun.a.c',
      'reference_images.1',
      'seed',
    ])
  })

  it('do not contain what is stored apart, or what a setting may have filled in', () => {
    const filledIn = {
      ...stored,
      callback_url: 'https://caller.test/default',
      retention_days: 30,
      first_frame: 'asset_01m7y0xk3v6f9ja8c6mphr3z4a',
    }
    const embedded = {
      ...stored,
      first_frame: 'data:image/png;base64,iVBORw0KGgo=',
      callback_secret: callbackSecret,
    }
    expect(differencesFrom(filledIn, embedded)).toEqual([])
    expect(differencesFrom(filledIn, { ...embedded, retention_days: 7 })).toEqual(['retention_days'])
  })
})
