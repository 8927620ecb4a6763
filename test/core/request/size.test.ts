import { expect, it } from 'vitest'
import { isAbout, shapeOf, sizeOf } from '../../../src/core/request/size.ts'

const all = ['480p', '720p', '1080p', '4k'] as const
const fast = ['480p', '720p'] as const

it.each([
  ['720x1280', '9:16', '720p'],
  ['1280x720', '16:9', '720p'],
  ['1024x1792', '9:16', '1080p'],
  ['1792x1024', '16:9', '1080p'],
  ['1920X1080', '16:9', '1080p'],
  ['1024x1024', '1:1', '720p'],
  ['3840x2160', '16:9', '4k'],
  ['640 x 480', '4:3', '480p'],
  ['2560×1080', '21:9', '1080p'],
  ['100x99999', '9:16', '4k'],
  ['16:9', '16:9', '720p'],
  ['9x16', '9:16', '720p'],
])('the size %s is %s at %s', (size, aspect_ratio, resolution) => {
  expect(shapeOf(size, all)).toEqual({ aspect_ratio, resolution })
})

it('a resolution that no provider offers is replaced by the nearest', () => {
  expect(shapeOf('1792x1024', fast)).toEqual({ aspect_ratio: '16:9', resolution: '720p' })
})

it.each(['', '0x720', '720x', '-1x2', 'auto', '1e3x720', '720x1280x3', '100000x9'])(
  '%j is no size',
  (size) => {
    expect(shapeOf(size, all)).toBeNull()
  },
)

it.each([
  ['16:9', '720p', '1280x720'],
  ['9:16', '1080p', '1080x1920'],
  ['1:1', '480p', '480x480'],
  [undefined, '720p', '1280x720'],
] as const)('a job of %s at %s shows %s', (aspect_ratio, resolution, size) => {
  expect(sizeOf({ aspect_ratio, resolution })).toBe(size)
})

it.each([
  ['1280x720', '16:9', '720p', true],
  ['1024x1792', '9:16', '1080p', true],
  ['864x496', '16:9', '480p', true],
  ['1440x1440', '1:1', '1080p', true],
  ['3840x2160', '16:9', '4k', true],
  ['1000x500', '16:9', '480p', false],
  ['320x180', '16:9', '480p', false],
] as const)(
  'the nearest to %s is %s at %s, which has about that size: %s',
  (size, aspect_ratio, resolution, is) => {
    expect(shapeOf(size, all)).toEqual({ aspect_ratio, resolution })
    expect(isAbout(size, { aspect_ratio, resolution })).toBe(is)
  },
)
