/** Every model's own limits, and that the schema allows no more than the widest of them. */
import { describe, expect, it } from 'vitest'
import { models, outputFormats, resolutions } from '../../../src/core/request/choices.ts'
import { modelLimits } from '../../../src/core/request/model-limits.ts'
import { aBody, audio, faultsOf, image, video } from './a-request.ts'

const lists = { images: image, videos: video, audios: audio } as const
const kinds = ['images', 'videos', 'audios'] as const

describe.each(models)('the limits of %s', (model) => {
  const limits = modelLimits[model]
  const faultsWith = (fields: Record<string, unknown>) => faultsOf(aBody({ model, ...fields }))

  it('allow every duration within them, and name them for any other', () => {
    const { min, max } = limits.durationSeconds
    for (let duration = 1; duration <= 60; duration++) {
      const isAllowed = duration >= min && duration <= max
      expect(faultsWith({ duration }), String(duration)).toEqual(
        isAllowed ? [] : [expect.stringMatching(/^duration: /)],
      )
    }
    expect(faultsWith({ duration: 'auto' })).toEqual([])
  })

  it.each(kinds)('allow their number of reference %s and no more', (kind) => {
    const field = `reference_${kind}`
    const beside = kind === 'audios' ? { reference_images: [image] } : {}
    const withItems = (count: number) => faultsWith({ ...beside, [field]: Array(count).fill(lists[kind]) })
    const max = limits.references[kind]
    expect(withItems(max)).toEqual([])
    expect(withItems(max + 1)).toEqual([expect.stringMatching(`^${field}: `)])
  })

  it.each(kinds)('let a prompt tag every one of the reference %s', (kind) => {
    const max = limits.references[kind]
    const tags = Array.from({ length: max }, (_, n) => `{{${kind.slice(0, -1)}:${n + 1}}}`)
    const beside = kind === 'audios' ? { reference_images: [image] } : {}
    const fields = { ...beside, [`reference_${kind}`]: Array(max).fill(lists[kind]) }
    expect(faultsWith({ ...fields, prompt: tags.join(' ') })).toEqual([])
    const beyond = `{{${kind.slice(0, -1)}:${max + 1}}}`
    expect(faultsWith({ ...fields, prompt: beyond })).toEqual([`prompt: ${beyond} points at no reference`])
  })

  it('allow their resolutions and file formats', () => {
    for (const resolution of resolutions) {
      expect(faultsWith({ resolution }).length, resolution).toBe(
        limits.resolutions.includes(resolution) ? 0 : 1,
      )
    }
    for (const output_format of outputFormats) {
      const isAllowed = limits.outputFormats.includes(output_format)
      expect(faultsWith({ output_format }).length, output_format).toBe(isAllowed ? 0 : 1)
    }
  })

  it('decide whether audio may be the only reference', () => {
    const isAllowed = limits.audios === 'also_alone'
    expect(faultsWith({ reference_audios: [audio] }).length).toBe(isAllowed ? 0 : 1)
    expect(faultsWith({ reference_audios: [audio], reference_images: [image] })).toEqual([])
  })

  it('decide whether the aspect ratio can be chosen beside a first frame', () => {
    const isChosen = limits.ratioWithFrames === 'chosen'
    expect(faultsWith({ aspect_ratio: '16:9', first_frame: image }).length).toBe(isChosen ? 0 : 1)
    expect(faultsWith({ aspect_ratio: 'auto', first_frame: image })).toEqual([])
    expect(faultsWith({ aspect_ratio: '16:9', reference_images: [image] })).toEqual([])
  })
})

describe('refused', () => {
  it('names the model and its limits, for all faults at once', () => {
    const body = aBody({
      model: 'seedance-2.0-mini',
      duration: 16,
      resolution: '1080p',
      output_format: 'mov',
      reference_images: Array(10).fill(image),
    })
    expect(faultsOf(body)).toEqual([
      'duration: must be 4 to 15 for seedance-2.0-mini',
      'output_format: must be mp4 for seedance-2.0-mini',
      'reference_images: must have at most 9 items for seedance-2.0-mini',
      'resolution: must be 480p or 720p for seedance-2.0-mini',
    ])
  })
})
