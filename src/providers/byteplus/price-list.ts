/**
 * The published prices, as of 28 September 2026 (BytePlus ModelArk and Volcengine Ark, "Model pricing"). A missing entry is
 * not known. Discounts and savings plans are not in them.
 */
import type { Model, Resolution } from '../../core/request/choices.ts'
import type { Region } from './region.ts'

interface TokenPrice {
  withoutVideos: number
  /** With input videos, whose seconds count too. */
  withVideos?: number
}

type List = Partial<Record<Model, Partial<Record<Resolution, TokenPrice>>>>

export const pricesPerMillionTokens: Record<Region['currency'], List> = {
  usd: {
    'seedance-2.0': {
      '480p': { withoutVideos: 7, withVideos: 4.3 },
      '720p': { withoutVideos: 7, withVideos: 4.3 },
      '1080p': { withoutVideos: 7.7, withVideos: 4.7 },
      '4k': { withoutVideos: 4, withVideos: 2.4 },
    },
    'seedance-2.0-fast': {
      '480p': { withoutVideos: 5.6, withVideos: 3.3 },
      '720p': { withoutVideos: 5.6, withVideos: 3.3 },
    },
    'seedance-2.0-mini': {
      '480p': { withoutVideos: 3.5, withVideos: 2.1 },
      '720p': { withoutVideos: 3.5, withVideos: 2.1 },
    },
    // Its lower prices with input videos are not known.
    'seedance-2.5': {
      '480p': { withoutVideos: 10.7 },
      '720p': { withoutVideos: 10.7 },
      '1080p': { withoutVideos: 11.7 },
    },
  },
  // Read for 480p and 720p only.
  cny: {
    'seedance-2.0': {
      '480p': { withoutVideos: 46, withVideos: 28 },
      '720p': { withoutVideos: 46, withVideos: 28 },
    },
    'seedance-2.0-fast': {
      '480p': { withoutVideos: 37, withVideos: 22 },
      '720p': { withoutVideos: 37, withVideos: 22 },
    },
    'seedance-2.0-mini': {
      '480p': { withoutVideos: 23, withVideos: 14 },
      '720p': { withoutVideos: 23, withVideos: 14 },
    },
  },
}
