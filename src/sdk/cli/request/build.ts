/** The request of the API from the options of the command. */
import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import type { JobRequest } from '../../client/index.ts'
import type { Cli } from '../cli.ts'
import { usageFault } from '../errors.ts'
import { pairsIn } from '../options.ts'
import { askForText } from '../prompts.ts'
import { checkMedia, type Media, resolveMedia } from './media.ts'
import type { VideoOptions } from './options.ts'

/** The deployment validates the values: it may know more models and providers than this version. */
type Loose = Omit<JobRequest, 'model' | 'resolution' | 'aspect_ratio' | 'output_format' | 'provider'> & {
  model: string
  resolution?: string
  output_format?: string
  aspect_ratio?: string
  provider?: string | string[]
}

export interface BuiltRequest {
  request: JobRequest
  uploaded: Media['uploaded']
}

/** Notes what is wrong with it, as far as this machine can know. */
export async function checkVideo(cli: Cli, command: Command): Promise<void> {
  const options = command.opts<VideoOptions>()
  const { image, reference = [] } = options
  const [given] = command.args
  if (given === undefined && image === undefined && reference.length === 0 && !cli.canAsk()) {
    const remedy = `Write it in quotes: reelhook ${command.name()} "a paper boat". With - it is read from stdin.`
    cli.faults.note(usageFault('The prompt is missing.', remedy).failure)
  }
  await checkMedia(cli, options)
}

export async function buildRequest(
  cli: Cli,
  given: string | undefined,
  options: VideoOptions,
): Promise<BuiltRequest> {
  const metadata = pairsIn(options.metadata ?? [])
  const prompt = await promptFrom(cli, given)
  const { fields, uploaded } = await resolveMedia(cli, options)
  const { model, duration, resolution, aspectRatio, outputFormat, count, seed, audio } = options
  const { maxCost, callbackUrl } = options
  const provider = (options.provider ?? []).flatMap((names) => names.split(','))
  const [only] = provider
  const request: Loose = {
    model,
    ...(prompt !== undefined && { prompt }),
    ...fields,
    ...(duration !== undefined && { duration }),
    ...(resolution !== undefined && { resolution }),
    ...(aspectRatio !== undefined && { aspect_ratio: aspectRatio }),
    ...(outputFormat !== undefined && { output_format: outputFormat }),
    ...(!audio && { generate_audio: false }),
    ...(seed !== undefined && { seed }),
    ...(count !== undefined && { count }),
    ...(only !== undefined && { provider: provider.length === 1 ? only : provider }),
    ...(callbackUrl !== undefined && { callback_url: callbackUrl }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(maxCost !== undefined && { max_cost_usd: maxCost }),
  }
  return { request: unchecked(request), uploaded }
}

function unchecked(request: Loose): JobRequest {
  return JSON.parse(JSON.stringify(request))
}

/** A first frame or references may be enough, so without a terminal the deployment validates a missing prompt. */
async function promptFrom(cli: Cli, given: string | undefined): Promise<string | undefined> {
  if (given === '-') return (await text(cli.stdin)).trim()
  if (given !== undefined || !cli.canAsk()) return given
  return askForText(cli, { message: 'What should the video show?' })
}
