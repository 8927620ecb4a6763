/**
 * BytePlus ModelArk, "Create a video generation task": its parameters for Seedance 2.0 and 2.5. `content` is a list of parts,
 * so its fields are named by what a part has.
 */
import { expiryOf } from '../../../src/providers/byteplus/expiry.ts'
import { audio, image, video } from '../a-submission.ts'
import {
  type Document,
  flag,
  integer,
  length,
  more,
  type Overrides,
  oneOf,
  type Row,
  rowsBelow,
} from './document.ts'

const asset = 'asset://asset-20260801-hero'
const embeddedImage = 'data:image/png;base64,iVBORw0KGgo='
const embeddedAudio = 'data:audio/mpeg;base64,SUQzBA=='
const last = `${image}?last`

const { row, fixed } = rowsBelow('body')
const option = (byteplus: Overrides) => ({ provider_options: { byteplus } })
const at = (part: number, field: string) => `body.content.${part}.${field}`

/** From one medium in each form to the maximum number. */
function references(name: string, field: string, forms: string[], max: number): Row {
  const [form] = forms
  const path = `${name}.url`
  return {
    name: `content.${path}`,
    uses: [
      ...forms.map((each) => ({ request: { [field]: [each] }, at: at(1, path), value: each })),
      { request: { [field]: Array(max).fill(form) }, at: at(max, path), value: form },
    ],
    refused: [{ [field]: Array(max + 1).fill(form) }, { [field]: ['boat.bin'] }],
  }
}

interface Limits {
  images: number
  others: number
  longest: number
}

function rowsOf({ images, others, longest }: Limits): Row[] {
  const framed = { first_frame: image, last_frame: last }
  return [
    { name: 'content.type', uses: [{ request: {}, at: at(0, 'type'), value: 'text' }], refused: [] },
    {
      name: 'content.text',
      uses: [{ request: {}, at: at(0, 'text'), value: 'A paper boat' }],
      refused: [{ prompt: 7 }, { prompt: undefined }],
    },
    {
      name: 'content.role',
      uses: [
        { request: framed, at: at(1, 'role'), value: 'first_frame' },
        { request: framed, at: at(2, 'role'), value: 'last_frame' },
        { request: { reference_images: [image] }, at: at(1, 'role'), value: 'reference_image' },
        { request: { reference_videos: [video] }, at: at(1, 'role'), value: 'reference_video' },
        {
          request: { reference_images: [image], reference_audios: [audio] },
          at: at(2, 'role'),
          value: 'reference_audio',
        },
      ],
      refused: [{ last_frame: last }, { first_frame: image, reference_images: [image] }],
    },
    references('image_url', 'reference_images', [image, embeddedImage, asset], images),
    references('video_url', 'reference_videos', [video, asset], others),
    {
      name: 'content.audio_url.url',
      uses: [audio, embeddedAudio, asset].map((value) => ({
        request: { reference_images: [image], reference_audios: [value] },
        at: at(2, 'audio_url.url'),
        value,
      })),
      refused: [{ reference_images: [image], reference_audios: Array(others + 1).fill(audio) }],
    },
    more(
      row('ratio', oneOf('16:9', '4:3', '1:1', '3:4', '9:16', '21:9'), (aspect_ratio) => ({ aspect_ratio })),
      [
        { request: { aspect_ratio: 'auto' }, at: 'body.ratio', value: 'adaptive' },
        { request: framed, at: 'body.ratio', value: 'adaptive' },
      ],
    ),
    more(
      row('duration', integer(4, longest, 5), (duration) => ({ duration })),
      [{ request: { duration: 'auto' }, at: 'body.duration', value: -1 }],
    ),
    row('generate_audio', flag, (generate_audio) => ({ generate_audio })),
    row('watermark', flag, (watermark) => option({ watermark })),
    row('return_last_frame', flag, (return_last_frame) => option({ return_last_frame })),
    row('priority', integer(0, 9), (priority) => option({ priority })),
    row('safety_identifier', { ...length(1, 64), outside: ['', 'x'.repeat(65)] }, (safety_identifier) =>
      option({ safety_identifier }),
    ),
  ]
}

const common = {
  provider: 'byteplus',
  base: {},
  statusParameter: {
    name: 'id',
    at: 'url',
    value: (id: string) => `https://ark.ap-southeast.bytepluses.com/api/v3/contents/generations/tasks/${id}`,
  },
} as const

const fixedRows = (model: string) => [
  fixed('model', () => model),
  fixed('callback_url', ({ callbackUrl }) => callbackUrl),
  fixed('execution_expires_after', ({ clientReference, request }) => expiryOf(clientReference, request)),
  { name: 'authorization', at: 'headers.authorization', value: () => 'Bearer byteplus-key' },
]

export const byteplusStandard: Document = {
  ...common,
  title: 'BytePlus: Seedance 2.0',
  model: 'seedance-2.0',
  fixed: fixedRows('dreamina-seedance-2-0-260128'),
  // Of older models, of Seedance 2.5, or only for a draft.
  unsupported: ['seed', 'frames', 'camera_fixed', 'service_tier', 'draft'],
  rows: [
    ...rowsOf({ images: 9, others: 3, longest: 15 }),
    row('resolution', oneOf('480p', '720p', '1080p', '4k'), (resolution) => ({ resolution })),
    row('output_format', { values: [], outside: ['mov', 'webm'] }, (output_format) => ({ output_format })),
    {
      name: 'omni_reference_task_type',
      uses: [],
      refused: [option({ omni_reference_task_type: 'auto' })],
    },
    { name: 'audio alone', uses: [], refused: [{ reference_audios: [audio] }] },
  ],
}

export const byteplusNewest: Document = {
  ...common,
  title: 'BytePlus: Seedance 2.5',
  model: 'seedance-2.5',
  fixed: fixedRows('dreamina-seedance-2-5-260628'),
  unsupported: ['seed', 'frames', 'camera_fixed', 'service_tier', 'draft'],
  rows: [
    ...rowsOf({ images: 30, others: 10, longest: 30 }),
    more(
      row('resolution', oneOf('480p', '720p', '1080p'), (resolution) => ({ resolution })),
      [],
      [{ resolution: '4k' }],
    ),
    // MP4 is the default.
    row('output_format', oneOf('mov'), (output_format) => ({ output_format })),
    more(
      row(
        'omni_reference_task_type',
        oneOf('auto', 'reference', 'edit', 'extend'),
        (omni_reference_task_type) => ({
          reference_videos: [video],
          ...option({ omni_reference_task_type }),
        }),
      ),
      [],
      [{ aspect_ratio: '1:1', ...option({ omni_reference_task_type: 'edit' }) }],
    ),
    {
      name: 'audio alone',
      uses: [
        {
          request: { prompt: '{{audio:1}}', reference_audios: [audio] },
          at: at(1, 'audio_url.url'),
          value: audio,
        },
        {
          request: { prompt: '{{audio:1}}', reference_audios: [audio] },
          at: at(0, 'text'),
          value: '@Audio 1',
        },
      ],
      refused: [],
    },
    { name: 'a ratio with frames', uses: [], refused: [{ first_frame: image, aspect_ratio: '1:1' }] },
  ],
}
