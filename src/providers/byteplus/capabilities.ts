/** What BytePlus makes, as data (its page "Create a video generation task"). */
import { aspectRatios } from '../../core/request/choices.ts'
import type { Capabilities } from '../capabilities.ts'
import { priceTableOf } from './prices.ts'
import type { Region } from './region.ts'

/**
 * `maxSeconds`: of each reference video and of all together, and the same for reference audios. The sizes in bytes and the
 * frames per second are checked by BytePlus alone.
 */
function mediaLimitsOf(maxSeconds: number): Capabilities['mediaLimits'] {
  const lengths = { minSeconds: 2, maxSeconds, maxTotalSeconds: maxSeconds }
  return {
    first_frame: images,
    last_frame: images,
    reference_images: images,
    reference_videos: {
      contentTypes: ['video/mp4', 'video/quicktime'],
      pixels: { min: 407_696, max: 8_295_044 },
      ...lengths,
    },
    reference_audios: { contentTypes: ['audio/wav', 'audio/mpeg'], ...lengths },
  }
}

const images = {
  side: { min: 300, max: 6_000 },
  shape: { min: 0.4, max: 2.5 },
  contentTypes: [
    'image/jpeg',
    'image/png',
    'image/webp',
    'image/bmp',
    'image/tiff',
    'image/gif',
    'image/heic',
    'image/heif',
  ],
}

export function capabilitiesIn(region: Region): Capabilities {
  return { ...common, prices: priceTableOf(region) }
}

const common: Omit<Capabilities, 'prices'> = {
  models: {
    'seedance-2.0': { resolutions: ['480p', '720p', '1080p', '4k'] },
    'seedance-2.0-fast': { resolutions: ['480p', '720p'] },
    'seedance-2.0-mini': { resolutions: ['480p', '720p'] },
    'seedance-2.5': {
      resolutions: ['480p', '720p', '1080p'],
      outputFormats: ['mp4', 'mov'],
      mediaLimits: mediaLimitsOf(30),
    },
  },
  aspectRatios: { text: aspectRatios, references: aspectRatios, frames: aspectRatios },
  outputsPerTask: 1,
  // No idempotency key is documented.
  repeats: 'billed_again',
  // Its maximum is undocumented. Another provider of this model family documents 6000.
  promptLength: { min: 1, max: 6_000 },
  prompt: 'optional_with_media',
  durations: 'seconds_or_auto',
  // Documented for older models only.
  seeds: 'none',
  media: {
    first_frame: ['url', 'data_uri', 'crun_asset'],
    last_frame: ['url', 'data_uri', 'crun_asset'],
    reference_images: ['url', 'data_uri', 'crun_asset'],
    reference_videos: ['url', 'crun_asset'],
    reference_audios: ['url', 'data_uri', 'crun_asset'],
  },
  mediaLimits: mediaLimitsOf(15),
  estimates: 'computed',
  // The webhook of an end is repeated three times. 20 status requests a second are allowed.
  pace: { firstMs: 240_000, growth: 1.25, longestMs: 120_000 },
  showsProgress: false,
  cancels: 'queued',
}
