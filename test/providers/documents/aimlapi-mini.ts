/** AI/ML API, "Seedance 2.0 Mini": the schemas of `POST` and `GET /v2/video/generations`. */
import { audio, image, video } from '../a-submission.ts'
import {
  type Document,
  flag,
  integer,
  listOf,
  more,
  type Overrides,
  ofText,
  oneOf,
  rowsBelow,
} from './document.ts'

const embeddedImage = 'data:image/png;base64,iVBORw0KGgo='
const embeddedAudio = 'data:audio/mpeg;base64,SUQzBA=='

const { row, fixed } = rowsBelow('body')
const option = (aimlapi: Overrides, beside: Overrides = {}) => ({ provider_options: { aimlapi }, ...beside })

export const aimlapiMini: Document = {
  title: 'AI/ML API: Seedance 2.0 Mini',
  provider: 'aimlapi',
  model: 'seedance-2.0-mini',
  base: {},
  fixed: [
    fixed('model', () => 'bytedance/dreamina-seedance-2-0-mini'),
    { name: 'authorization', at: 'headers.authorization', value: () => 'Bearer aimlapi-key' },
  ],
  unsupported: [],
  rows: [
    more(
      row('provider', oneOf('bytedance', 'fal', 'auto'), (provider) => option({ provider })),
      // Upper and lower case.
      [{ request: option({ provider: 'ByteDance' }), at: 'body.provider', value: 'bytedance' }],
    ),
    more(
      row('prompt', ofText('A paper boat'), (prompt) => ({ prompt })),
      [
        {
          request: {
            prompt: '{{image:1}} in {{video:1}} to {{audio:1}}',
            reference_images: [image],
            reference_videos: [video],
            reference_audios: [audio],
          },
          at: 'body.prompt',
          value: '@Image1 in @Video1 to @Audio1',
        },
      ],
      [{ prompt: undefined }, { prompt: undefined, first_frame: image }],
    ),
    row('image_url', { values: [image, embeddedImage], outside: ['boat.png'] }, (first_frame) => ({
      first_frame,
    })),
    row('last_image_url', { values: [image, embeddedImage], outside: ['boat.png'] }, (last_frame) => ({
      first_frame: image,
      last_frame,
    })),
    more(
      // A URL, base64 with and without a content type, and an asset id.
      row(
        'audio_url',
        { values: [audio, embeddedAudio, 'SUQzBA==', 'asset-20260801-rain'], outside: ['', 7] },
        (audio_url) => option({ audio_url }, { reference_images: [image] }),
      ),
      [{ request: option({ audio_url: audio, video_url: video }), at: 'body.audio_url', value: audio }],
      [option({ audio_url: audio })],
    ),
    row(
      'video_url',
      { values: [video], outside: ['gutter.mp4', 'data:video/mp4;base64,AAAA'] },
      (video_url) => option({ video_url }),
    ),
    row('image_urls', listOf(9, [image], ['boat.png']), (reference_images) => ({ reference_images })),
    more(
      row('audio_urls', listOf(3, [audio], ['rain.mp3']), (reference_audios) => ({
        reference_audios,
        reference_images: [image],
      })),
      [
        {
          request: { reference_audios: [audio], reference_videos: [video] },
          at: 'body.audio_urls',
          value: [audio],
        },
      ],
      [{ reference_audios: [audio] }],
    ),
    row('video_urls', listOf(3, [video], ['gutter.mp4']), (reference_videos) => ({ reference_videos })),
    row('aspect_ratio', oneOf('21:9', '16:9', '4:3', '1:1', '3:4', '9:16'), (aspect_ratio) => ({
      aspect_ratio,
    })),
    more(
      row('resolution', oneOf('480p', '720p'), (resolution) => ({ resolution })),
      [],
      [{ resolution: '1080p' }, { resolution: '4k' }],
    ),
    // The documented default is the string "5" in a list of integers.
    more(
      row('duration', oneOf(4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), (duration) => ({ duration })),
      [],
      [{ duration: 3 }, { duration: 16 }, { duration: 4.5 }, { duration: 'auto' }],
    ),
    row('generate_audio', flag, (generate_audio) => ({ generate_audio })),
    // Any integer is allowed. Reelhook allows the range that every provider with a seed accepts.
    row('seed', integer(0, 4_294_967_295), (seed) => ({ seed })),
    row('watermark', flag, (watermark) => option({ watermark })),
  ],
  statusParameter: { name: 'generation_id', at: 'query.generation_id', value: (id) => id },
}

const videoUrl = 'https://cdn.aimlapi.com/generations/hedgehog/boat.mp4'

/** The status words, and the state of the task. */
export const statuses = {
  queued: 'pending',
  generating: 'pending',
  completed: 'done',
  error: 'failed',
} as const

/** The response of both calls. `id` and `status` are required; every other field may be null or missing. */
export const responses: [
  row: string,
  status: keyof typeof statuses,
  fields: Overrides,
  outcome: Overrides,
][] = [
  ['video: null', 'queued', { video: null }, {}],
  ['video.url', 'completed', { video: { url: videoUrl } }, { outputs: [{ url: videoUrl }], faults: [] }],
  ['error: null', 'error', { error: null }, { fault: { code: 'generation_failed' } }],
  [
    'error.name',
    'error',
    { error: { name: 'ContentModerationError', message: '' } },
    { fault: { code: 'moderated', evidence: { name: 'ContentModerationError' } } },
  ],
  [
    'error.message',
    'error',
    { error: { name: 'GenerationError', message: 'It broke.' } },
    { fault: { code: 'generation_failed', evidence: { message: 'It broke.' } } },
  ],
  [
    'error beside a video',
    'completed',
    { video: { url: videoUrl }, error: { name: '<name>', message: '<message>' } },
    { outputs: [{ url: videoUrl }], faults: [] },
  ],
  ['meta: null', 'completed', { video: { url: videoUrl }, meta: null }, {}],
  ['meta.usage: null', 'completed', { video: { url: videoUrl }, meta: { usage: null } }, {}],
  [
    'meta.usage.credits_used',
    'completed',
    { video: { url: videoUrl }, meta: { usage: { credits_used: 120_000 } } },
    { cost: { credits: 120_000 } },
  ],
  // Documented for the response to a submission, and shown in the sample of a finished generation.
  [
    'meta.usage.usd_spent',
    'completed',
    { video: { url: videoUrl }, meta: { usage: { credits_used: 120_000, usd_spent: 0.06 } } },
    { cost: { amount_usd: 0.06 } },
  ],
]
