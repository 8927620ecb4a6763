/** Scenario, "Seedance 2.0 Mini: API Reference". Media are asset ids: the test uploads each medium first. */
import { audio, image, video } from '../a-submission.ts'
import { type Document, flag, listOf, more, ofText, oneOf, rowsBelow } from './document.ts'

const { row } = rowsBelow('body')
const wordless = { prompt: undefined }

export const scenarioMini: Document = {
  title: 'Scenario: Seedance 2.0 Mini',
  provider: 'scenario',
  model: 'seedance-2.0-mini',
  base: {},
  fixed: [
    {
      name: 'model',
      at: 'url',
      value: () => 'https://api.cloud.scenario.com/v1/generate/custom/model_bytedance-seedance-2-0-mini',
    },
    {
      name: 'authorization',
      at: 'headers.authorization',
      value: () => `Basic ${btoa('scenario-key:scenario-secret')}`,
    },
  ],
  unsupported: [],
  rows: [
    more(
      row('prompt', ofText('A paper boat'), (prompt) => ({ prompt })),
      [
        {
          request: {
            prompt: '{{image:1}} in {{video:1}}',
            reference_images: [image],
            reference_videos: [video],
          },
          at: 'body.prompt',
          value: '@image1 in @video1',
        },
        { request: { ...wordless, first_frame: image }, at: 'body.prompt', value: undefined },
        { request: { ...wordless, reference_images: [image] }, at: 'body.prompt', value: undefined },
        { request: { ...wordless, reference_videos: [video] }, at: 'body.prompt', value: undefined },
      ],
      [wordless],
    ),
    more(
      row('image', { values: [image], outside: ['boat.png'] }, (first_frame) => ({ first_frame })),
      [],
      [
        { first_frame: image, reference_images: [image] },
        { first_frame: image, reference_videos: [video] },
      ],
    ),
    more(
      row('lastFrameImage', { values: [image], outside: ['boat.png'] }, (last_frame) => ({
        first_frame: image,
        last_frame,
      })),
      [],
      [{ last_frame: image }],
    ),
    row('referenceImages', listOf(9, [image], ['boat.png']), (reference_images) => ({ reference_images })),
    row('referenceVideos', listOf(3, [video], ['gutter.mp4']), (reference_videos) => ({ reference_videos })),
    more(
      row('referenceAudio', listOf(3, [audio], ['rain.mp3']), (reference_audios) => ({
        reference_audios,
        reference_images: [image],
      })),
      [
        {
          request: { reference_audios: [audio], reference_videos: [video] },
          at: 'body.referenceAudio',
          value: [audio],
        },
      ],
      [{ reference_audios: [audio] }],
    ),
    row('duration', { values: [4, 15, -1], outside: [3, 16, 0] }, (seconds) => ({
      duration: seconds === -1 ? 'auto' : seconds,
    })),
    more(
      row('resolution', oneOf('480p', '720p'), (resolution) => ({ resolution })),
      [],
      [{ resolution: '1080p' }, { resolution: '4k' }],
    ),
    row('aspectRatio', oneOf('21:9', '16:9', '4:3', '1:1', '3:4', '9:16', 'adaptive'), (ratio) => ({
      aspect_ratio: ratio === 'adaptive' ? 'auto' : ratio,
    })),
    row('generateAudio', flag, (generate_audio) => ({ generate_audio })),
    // A number without limits. Reelhook allows the range that every provider with a seed accepts.
    row('seed', { values: [0, 7, 4_294_967_295], outside: ['7'] }, (seed) => ({ seed })),
  ],
  statusParameter: {
    name: 'jobId',
    at: 'url',
    value: (jobId) => `https://api.cloud.scenario.com/v1/jobs/${jobId}`,
  },
}
