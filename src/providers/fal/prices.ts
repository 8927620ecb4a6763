/**
 * fal's published prices, in US dollars per second of video. It bills tokens: height × width × seconds × 24 / 1024. The
 * pages give a price per 1000 tokens, and the price of a second at 720p; a second at 480p is about 10300 tokens there. The
 * prices of 2.5 are not verified: they were quoted from its page elsewhere.
 */
import type { PriceTable } from '../price-table.ts'

export const prices: PriceTable = {
  source: 'fal, the pages of the models',
  asOf: '2026-11',
  // The length of reference videos is billed too. 1080p is not published for 2.0.
  perSecond: {
    'seedance-2.0': {
      '480p': { usd: 0.1442, withVideosUsd: null },
      '720p': { usd: 0.3034, withVideosUsd: null },
    },
    'seedance-2.0-fast': {
      '480p': { usd: 0.1154, withVideosUsd: null },
      '720p': { usd: 0.2419, withVideosUsd: null },
    },
    'seedance-2.5': {
      '480p': { usd: 0.2205, withVideosUsd: null },
      '720p': { usd: 0.473, withVideosUsd: null },
      '1080p': { usd: 1.164, withVideosUsd: null },
    },
    'seedance-2.0-mini': {
      '480p': { usd: 0.0721, withVideosUsd: null },
      '720p': { usd: 0.1547, withVideosUsd: null },
    },
  },
}
