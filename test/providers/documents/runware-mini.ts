/** Runware, "Seedance 2.0 Mini", the technical specification of one `videoInference` task. */
import { image, video } from '../a-submission.ts'
import {
  atLeast,
  type Document,
  flag,
  integer,
  length,
  listOf,
  more,
  type Overrides,
  oneOf,
  type Row,
  rowsBelow,
} from './document.ts'

const uuid = '0b2b6a0e-6d1b-4c53-9c0a-3b7a3c0f9d11'
const link = 'https://media.example.com/anything'
// Base64 is sent as a data URI, which is the same bytes with their content type.
const embedded = 'data:image/png;base64,iVBORw0KGgo='
const last = `${image}?last`

const { row, fixed } = rowsBelow('body.0')
const option = (runware: Overrides) => ({ provider_options: { runware } })

/** The pixels of each shape. The two fields are in the specification, the pairs on the model's page. */
const shapes: [resolution: string, ratio: string, width: number, height: number][] = [
  ['480p', '16:9', 864, 496],
  ['480p', '4:3', 752, 560],
  ['480p', '1:1', 640, 640],
  ['480p', '3:4', 560, 752],
  ['480p', '9:16', 496, 864],
  ['480p', '21:9', 992, 432],
  ['720p', '16:9', 1280, 720],
  ['720p', '4:3', 1112, 834],
  ['720p', '1:1', 960, 960],
  ['720p', '3:4', 834, 1112],
  ['720p', '9:16', 720, 1280],
  ['720p', '21:9', 1470, 630],
]

function side(name: 'width' | 'height'): Row {
  const uses = shapes.map(([resolution, aspect_ratio, width, height]) => ({
    request: { resolution, aspect_ratio },
    at: `body.0.${name}`,
    value: name === 'width' ? width : height,
  }))
  return { name, uses, refused: [{ aspect_ratio: '2:1' }, { aspect_ratio: 'auto' }] }
}

/**
 * A plain list of images and the frames 0 and -1 are equivalent forms. Reelhook sends the more explicit form, with the
 * words first and last.
 */
const frames: Row[] = [
  {
    name: 'inputs.frameImages',
    uses: [
      {
        request: { first_frame: image },
        at: 'body.0.inputs.frameImages',
        value: [{ image, frame: 'first' }],
      },
      {
        request: { first_frame: image, last_frame: last },
        at: 'body.0.inputs.frameImages',
        value: [
          { image, frame: 'first' },
          { image: last, frame: 'last' },
        ],
      },
    ],
    refused: [{ first_frame: [image, last, image] }],
  },
  {
    name: 'inputs.frameImages.image',
    uses: [uuid, link, embedded].flatMap((value) => [
      { request: { first_frame: value }, at: 'body.0.inputs.frameImages.0.image', value },
      {
        request: { first_frame: image, last_frame: value },
        at: 'body.0.inputs.frameImages.1.image',
        value,
      },
    ]),
    refused: [{ first_frame: 'boat.png' }, { first_frame: 'asset://boat' }],
  },
  {
    name: 'inputs.frameImages.frame',
    uses: [
      { request: { first_frame: image }, at: 'body.0.inputs.frameImages.0.frame', value: 'first' },
      {
        request: { first_frame: image, last_frame: last },
        at: 'body.0.inputs.frameImages.1.frame',
        value: 'last',
      },
    ],
    refused: [],
  },
]

export const runwareMini: Document = {
  title: 'Runware: Seedance 2.0 Mini',
  provider: 'runware',
  model: 'seedance-2.0-mini',
  base: {},
  fixed: [
    fixed('taskType', () => 'videoInference'),
    fixed('taskUUID', ({ clientReference }) => clientReference),
    fixed('outputType', () => 'URL'),
    fixed('webhookURL', ({ callbackUrl }) => callbackUrl),
    fixed('deliveryMethod', () => 'async'),
    fixed('includeCost', () => true),
    fixed('model', () => 'bytedance:seedance@2.0-mini'),
  ],
  // Reelhook decides whether it is used: `directUpload`.
  unsupported: ['uploadEndpoint'],
  rows: [
    row('outputFormat', oneOf('MP4', 'WEBM', 'MOV'), (outputFormat) => option({ outputFormat })),
    row('outputQuality', integer(20, 99, 95), (outputQuality) => option({ outputQuality })),
    row('safety', { values: [{}, { checkContent: true, mode: 'full' }], outside: [true] }, (safety) =>
      option({ safety }),
    ),
    row('safety.checkContent', flag, (checkContent) => option({ safety: { checkContent } })),
    row('safety.mode', oneOf('none', 'fast', 'full'), (mode) => option({ safety: { mode } })),
    row('ttl', atLeast(60), (ttl) => option({ ttl })),
    row('inputs.referenceImages', listOf(9, [uuid, link, embedded], ['boat.png']), (reference_images) => ({
      reference_images,
    })),
    ...frames,
    row('inputs.referenceVideos', listOf(3, [uuid, link], [embedded]), (reference_videos) => ({
      reference_videos,
    })),
    row('inputs.referenceAudios', listOf(3, [uuid, link], [embedded]), (reference_audios) => ({
      reference_audios,
      reference_videos: [video],
    })),
    row('numberResults', integer(1, 4, 1), (count) => ({ count })),
    row('positivePrompt', length(2, 10_000), (prompt) => ({ prompt })),
    side('width'),
    side('height'),
    more(
      row('resolution', oneOf('480p', '720p'), (resolution) => ({ resolution, first_frame: image })),
      [],
      [{ resolution: '1080p' }, { resolution: '4k' }],
    ),
    row('duration', integer(4, 15, 5), (duration) => ({ duration })),
    row('settings.audio', flag, (generate_audio) => ({ generate_audio })),
  ],
  statusParameter: {
    name: 'taskUUID',
    at: 'body',
    value: (taskUUID) => [{ taskType: 'getResponse', taskUUID }],
  },
}
