/** The models of AI/ML API (docs.aimlapi.com): their ids, and what differs between their pages. */
import type { Model } from '../../core/request/choices.ts'
import { type Capabilities, idOf, type ModelCapabilities } from '../capabilities.ts'

/**
 * Not verified: the page of Seedance 2.5 was not available, only its id. So this is what ModelArk documents for the model, in
 * the forms of the pages of its siblings: whole seconds, MP4, and none of the fields that not every sibling has.
 */
const seedance25: { id: string; capabilities: ModelCapabilities; lacks: readonly OptionName[] } = {
  id: 'bytedance/seedance-2-5',
  capabilities: {
    resolutions: ['480p', '720p', '1080p'],
    durations: 'seconds',
    mediaLimits: {
      reference_videos: { contentTypes: ['video/mp4', 'video/quicktime'], maxTotalSeconds: 30 },
      reference_audios: { contentTypes: ['audio/mpeg', 'audio/wav'], maxTotalSeconds: 30 },
    },
  },
  lacks: ['audio_url', 'video_url', 'watermark'],
}

export const models: Capabilities['models'] = {
  'seedance-2.0': { resolutions: ['480p', '720p', '1080p', '4k'] },
  'seedance-2.0-fast': { resolutions: ['480p', '720p'] },
  'seedance-2.0-mini': { resolutions: ['480p', '720p'] },
  'seedance-2.5': seedance25.capabilities,
}

const ids: Partial<Record<Model, string>> = {
  'seedance-2.0': 'bytedance/seedance-2-0',
  'seedance-2.0-fast': 'bytedance/seedance-2-0-fast',
  'seedance-2.0-mini': 'bytedance/dreamina-seedance-2-0-mini',
  'seedance-2.5': seedance25.id,
}

export function modelIdOf({ model }: { model: Model }): string {
  return idOf(ids, model)
}

type OptionName = 'audio_url' | 'video_url' | 'watermark'

/** The options that a model does not have. */
export const lacking: { readonly [model in Model]?: readonly OptionName[] } = {
  'seedance-2.0-fast': ['audio_url', 'video_url', 'watermark'],
  'seedance-2.5': seedance25.lacks,
}
