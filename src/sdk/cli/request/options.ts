/** The options that describe a video, of `generate` and `estimate`. */
import type { Command } from 'commander'
import { collect, collectPairs, dollars, knownValues, number } from '../options.ts'

export interface VideoOptions {
  model: string
  image?: string
  lastImage?: string
  reference?: string[]
  duration?: number | 'auto'
  resolution?: string
  aspectRatio?: string
  outputFormat?: string
  count?: number
  seed?: number
  /** false with --no-audio. */
  audio: boolean
  provider?: string[]
  maxCost?: number
  callbackUrl?: string
  metadata?: string[]
}

export function addVideoOptions(command: Command): Command {
  return command
    .addOption(knownValues('--model <model>', 'the model', 'model').default('seedance-2.0'))
    .option('--image <file|url>', 'the first frame')
    .option('--last-image <file|url>', 'the last frame; it needs a first one')
    .option('--reference <file|url>', referenceHelp, collect)
    .option('--duration <seconds>', 'how long, or auto', duration)
    .addOption(knownValues('--resolution <resolution>', 'the resolution', 'resolution'))
    .addOption(knownValues('--aspect-ratio <ratio>', 'the aspect ratio', 'aspectRatio'))
    .addOption(knownValues('--output-format <format>', 'the container of the file', 'outputFormat'))
    .option('--count <n>', 'how many videos', number)
    .option('--seed <n>', 'the same seed makes similar videos', number)
    .option('--no-audio', 'a video without sound')
    .addOption(
      knownValues(
        '--provider <provider>',
        'the provider; can be repeated, in their order (default: auto)',
        'providerOrRule',
      ).argParser(collect),
    )
    .option('--max-cost <usd>', 'refuse the job if its estimate is higher', dollars)
    .option('--callback-url <url>', 'where the signed events of the job go')
    .option('--metadata <key=value>', 'returned in every event; can be repeated', collectPairs)
}

const referenceHelp =
  'an image, video or audio that the prompt names: {{image:1}}; can be repeated. For a URL whose name does not tell: image:https://…'

export const mediaHelp = `Media are local files, which are uploaded first, https URLs, or ids of assets.`

function duration(text: string): number | 'auto' {
  return text === 'auto' ? text : number(text.replace(/s$/, ''))
}
