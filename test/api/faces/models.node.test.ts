import { expect, it } from 'vitest'
import { modelFault, modelNamed } from '../../../src/api/faces/models.ts'

const config = {
  modelAliases: new Map([
    ['sora-2', 'seedance-2.0-fast'],
    ['sora-2-pro', 'seedance-2.0'],
    ['veo-2026-01-01', 'seedance-2.0-mini'],
  ] as const),
}

it.each([
  ['sora-2', 'seedance-2.0-fast'],
  ['Sora-2-Pro', 'seedance-2.0'],
  ['sora-2-2025-10-06', 'seedance-2.0-fast'],
  ['sora-2-pro-2025-10-06', 'seedance-2.0'],
  ['openai/sora-2', 'seedance-2.0-fast'],
  ['bytedance/seedance-2.0-fast', 'seedance-2.0-fast'],
  ['seedance-2.0-mini', 'seedance-2.0-mini'],
  ['seedance-2.0-2026-02-12', 'seedance-2.0'],
  ['veo-2026-01-01', 'seedance-2.0-mini'],
  ['veo-2026-01-02', null],
  ['sora-3', null],
  ['', null],
  ['constructor', null],
])('the model %j is %s', (asked, model) => {
  expect(modelNamed(config, asked)).toBe(model)
})

it('an unknown model is answered with the names of all', () => {
  expect(modelFault(config)).toBe(
    'must be one of seedance-2.0, seedance-2.0-fast, seedance-2.0-mini, seedance-2.5, sora-2, sora-2-pro, veo-2026-01-01',
  )
})
