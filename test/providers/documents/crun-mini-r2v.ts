/**
 * Crun, "Seedance 2.0 Mini - Reference to Video": the fields of its page (the model, the callback, the key and the two
 * kinds of reference, one of which is required), and the other input fields of the family's pages. It includes the
 * fields of the text and image models. The numbers of references are those of the upstream model.
 */
import type { FaultCode } from '../../../src/core/fault.ts'
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

const asset = 'asset://asset-20260801-hero'
const embedded = 'data:image/png;base64,iVBORw0KGgo='
const last = `${image}?last`

const { fixed, row: bodyRow } = rowsBelow('body')
const row: typeof bodyRow = (name, limits, ask) => bodyRow(`input.${name}`, limits, ask)
const option = (crun: Overrides) => ({ provider_options: { crun } })
const framed = { reference_images: [], first_frame: image }

const ratios = ['21:9', '16:9', '4:3', '1:1', '3:4', '9:16']

export const crunMiniR2v: Document = {
  title: 'Crun: Seedance 2.0 Mini, reference to video',
  provider: 'crun',
  model: 'seedance-2.0-mini',
  base: { reference_images: [image] },
  fixed: [
    fixed('model', () => 'bytedance/seedance2-0-mini-r2v'),
    fixed('callback_url', ({ callbackUrl }) => callbackUrl),
    { name: 'x-api-key', at: 'headers.x-api-key', value: () => 'crun-key' },
  ],
  unsupported: [],
  rows: [
    // Option 1, option 2, and both.
    row('reference_images', listOf(9, [image, asset], [embedded]), (reference_images) => ({
      reference_images,
    })),
    row('reference_videos', listOf(3, [video, asset], [embedded]), (reference_videos) => ({
      reference_images: [],
      reference_videos,
    })),
    more(
      row('reference_audios', listOf(3, [audio, asset], [embedded]), (reference_audios) => ({
        reference_audios,
        reference_videos: [video],
      })),
      [],
      [{ reference_images: [], reference_audios: [audio] }],
    ),
    more(
      row('prompt', ofText('A paper boat'), (prompt) => ({ prompt })),
      [
        {
          request: {
            prompt: '{{image:1}} in {{video:1}} to {{audio:1}}',
            reference_videos: [video],
            reference_audios: [audio],
          },
          at: 'body.input.prompt',
          value: '[Image1] in [Video1] to [Audio1]',
        },
      ],
    ),
    {
      name: 'input.img_urls',
      uses: [
        { request: framed, at: 'body.input.img_urls', value: [image] },
        { request: { ...framed, last_frame: last }, at: 'body.input.img_urls', value: [image, last] },
        { request: { ...framed, first_frame: asset }, at: 'body.input.img_urls', value: [asset] },
      ],
      refused: [
        { ...framed, first_frame: embedded },
        { reference_images: [], last_frame: image },
      ],
    },
    more(
      row('resolution', oneOf('480p', '720p'), (resolution) => ({ resolution })),
      [],
      [{ resolution: '1080p' }, { resolution: '4k' }],
    ),
    more(
      row('aspect_ratio', oneOf(...ratios), (aspect_ratio) => ({ aspect_ratio })),
      // In image to video, the video has the shape of the image by default.
      [...ratios, 'auto'].map((value) => ({
        request: { ...framed, aspect_ratio: value },
        at: 'body.input.aspect_ratio',
        value,
      })),
      [{ aspect_ratio: 'auto' }],
    ),
    row('duration', integer(4, 15, 5), (duration) => ({ duration })),
    row('audio', flag, (generate_audio) => ({ generate_audio })),
    row('return_last_frame', flag, (return_last_frame) => option({ return_last_frame })),
    row('byteplus_fallback', flag, (byteplus_fallback) => option({ byteplus_fallback })),
  ],
  statusParameter: { name: 'task_id', at: 'query.task_id', value: (taskId) => taskId },
}

/** Response codes, and the fault of each for a submission and for a status request. Null: no fault. */
export const codes: [code: number, meaning: string, submitted: FaultCode | null, polled: FaultCode | null][] =
  [
    [200, 'Success', null, null],
    [401, 'Unauthorized', 'auth', 'auth'],
    [402, 'Insufficient Credits', 'out_of_credit', 'out_of_credit'],
    [404, 'Not Found', 'bad_request', 'task_lost'],
    [422, 'Validation Error', 'bad_request', 'bad_request'],
    [429, 'Rate Limited', 'rate_limited', 'rate_limited'],
    [455, 'Service Unavailable', 'maintenance', 'maintenance'],
    // The task may have been created anyway. Polling again is harmless.
    [500, 'Server Error', 'answer_lost', 'unavailable'],
    [501, 'Generation Failed', 'generation_failed', 'generation_failed'],
    [505, 'Feature Disabled', 'not_entitled', 'not_entitled'],
  ]
