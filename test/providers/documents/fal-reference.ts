/**
 * fal, "Seedance 2.0 Reference to Video": the input schema of its page, with the two fields of its page on image to video.
 * The endpoint is chosen by the model and the media of a request.
 */
import { audio, image, video } from '../a-submission.ts'
import { type Document, flag, listOf, more, type Overrides, ofText, oneOf, rowsBelow } from './document.ts'

const embedded = 'data:image/png;base64,iVBORw0KGgo='
const last = `${image}?last`
const { row } = rowsBelow('body')
const framed: Overrides = { reference_images: [], first_frame: image }
const seconds = Array.from({ length: 12 }, (_, index) => index + 4)

export const falReference: Document = {
  title: 'fal: Seedance 2.0, reference to video',
  provider: 'fal',
  model: 'seedance-2.0',
  base: { reference_images: [image] },
  fixed: [
    { name: 'fal_webhook', at: 'query.fal_webhook', value: ({ callbackUrl }) => callbackUrl },
    { name: 'Authorization', at: 'headers.authorization', value: () => 'Key fal-key' },
  ],
  unsupported: [],
  rows: [
    more(
      row('prompt', ofText('A paper boat'), (prompt) => ({ prompt })),
      [
        {
          request: {
            prompt: '{{image:1}} in {{video:1}} to {{audio:1}}',
            reference_videos: [video],
            reference_audios: [audio],
          },
          at: 'body.prompt',
          value: '@Image1 in @Video1 to @Audio1',
        },
      ],
      [{ prompt: undefined }],
    ),
    more(
      row('image_urls', listOf(9, [image], [embedded]), (reference_images) => ({ reference_images })),
      [],
      // 12 files in all.
      [
        {
          reference_images: Array(9).fill(image),
          reference_videos: Array(3).fill(video),
          reference_audios: [audio],
        },
      ],
    ),
    row('video_urls', listOf(3, [video], [embedded]), (reference_videos) => ({ reference_videos })),
    more(
      row('audio_urls', listOf(3, [audio], [embedded]), (reference_audios) => ({ reference_audios })),
      [],
      [{ reference_images: [], reference_audios: [audio] }],
    ),
    row('resolution', oneOf('480p', '720p', '1080p'), (resolution) => ({ resolution })),
    {
      name: 'duration',
      uses: [...seconds, 'auto'].map((duration) => ({
        request: { duration },
        at: 'body.duration',
        value: String(duration),
      })),
      refused: [{ duration: 3 }, { duration: 16 }, { duration: 4.5 }, { duration: '5' }],
    },
    row('aspect_ratio', oneOf('auto', '21:9', '16:9', '4:3', '1:1', '3:4', '9:16'), (aspect_ratio) => ({
      aspect_ratio,
    })),
    row('generate_audio', flag, (generate_audio) => ({ generate_audio })),
    row('seed', { values: [0, 7, 2_147_483_647], outside: [1.5, 'seven'] }, (seed) => ({ seed })),
    row('end_user_id', { values: ['user-7'], outside: ['', 7] }, (end_user_id) => ({
      provider_options: { fal: { end_user_id } },
    })),
    {
      name: 'image_url',
      uses: [{ request: framed, at: 'body.image_url', value: image }],
      refused: [{ ...framed, first_frame: embedded }],
    },
    {
      name: 'end_image_url',
      uses: [{ request: { ...framed, last_frame: last }, at: 'body.end_image_url', value: last }],
      refused: [{ reference_images: [], last_frame: image }],
    },
  ],
  statusParameter: {
    name: 'the address of the request',
    at: 'url',
    value: (taskId) =>
      `https://queue.fal.run/bytedance/seedance-2.0/requests/${taskId.replace('seedance-2.0/', '')}/status`,
  },
}
