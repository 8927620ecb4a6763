/**
 * AI/ML API, Seedance 2.5: the schema of `POST /v2/video/generations` as far as it is known. Its own page was not available,
 * so the rows are those of the sibling models with the limits of ModelArk's page on Seedance 2.5.
 */
import { audio, image, video } from '../a-submission.ts'
import { type Document, flag, integer, listOf, more, ofText, oneOf, rowsBelow } from './document.ts'

const { row, fixed } = rowsBelow('body')
const seconds = Array.from({ length: 27 }, (_, n) => n + 4)
const option = (name: string, value: unknown) => ({ provider_options: { aimlapi: { [name]: value } } })

export const aimlapi25: Document = {
  title: 'AI/ML API: Seedance 2.5',
  provider: 'aimlapi',
  model: 'seedance-2.5',
  base: {},
  fixed: [fixed('model', () => 'bytedance/seedance-2-5')],
  unsupported: [],
  rows: [
    row('provider', oneOf('bytedance', 'fal', 'auto'), (provider) => option('provider', provider)),
    more(
      row('prompt', ofText('A paper boat'), (prompt) => ({ prompt })),
      [
        {
          request: { prompt: '{{image:30}} to {{audio:10}}', ...allReferences() },
          at: 'body.prompt',
          value: '@Image30 to @Audio10',
        },
      ],
      [{ prompt: undefined, first_frame: image }],
    ),
    row('image_url', { values: [image], outside: ['boat.png'] }, (first_frame) => ({ first_frame })),
    row('last_image_url', { values: [image], outside: ['boat.png'] }, (last_frame) => ({
      first_frame: image,
      last_frame,
    })),
    row('image_urls', listOf(30, [image], ['boat.png']), (reference_images) => ({ reference_images })),
    row('video_urls', listOf(10, [video], ['gutter.mp4']), (reference_videos) => ({ reference_videos })),
    // Also without an image or a video.
    row('audio_urls', listOf(10, [audio], ['rain.mp3']), (reference_audios) => ({ reference_audios })),
    more(
      row('aspect_ratio', oneOf('21:9', '16:9', '4:3', '1:1', '3:4', '9:16'), (aspect_ratio) => ({
        aspect_ratio,
      })),
      [
        { request: { first_frame: image }, at: 'body.aspect_ratio', value: undefined },
        { request: { first_frame: image, aspect_ratio: 'auto' }, at: 'body.aspect_ratio', value: undefined },
      ],
      [{ aspect_ratio: 'auto' }, { aspect_ratio: '16:9', first_frame: image }],
    ),
    more(
      row('resolution', oneOf('480p', '720p', '1080p'), (resolution) => ({ resolution })),
      [],
      [{ resolution: '4k' }],
    ),
    more(
      row('duration', oneOf(...seconds), (duration) => ({ duration })),
      [],
      [{ duration: 3 }, { duration: 31 }, { duration: 4.5 }, { duration: 'auto' }],
    ),
    row('generate_audio', flag, (generate_audio) => ({ generate_audio })),
    row('seed', integer(0, 4_294_967_295), (seed) => ({ seed })),
    { name: 'no audio_url', uses: [], refused: [option('audio_url', audio)] },
    { name: 'no video_url', uses: [], refused: [option('video_url', video)] },
    { name: 'no watermark', uses: [], refused: [option('watermark', true)] },
    { name: 'no file format', uses: [], refused: [{ output_format: 'mov' }] },
  ],
  statusParameter: { name: 'generation_id', at: 'query.generation_id', value: (id) => id },
}

function allReferences() {
  return {
    reference_images: Array(30).fill(image),
    reference_videos: Array(10).fill(video),
    reference_audios: Array(10).fill(audio),
  }
}
