/** `generate`: one video from a prompt, from the estimate to the saved file. It never buys twice. */
import type { Command } from 'commander'
import type { JobRequest } from '../../client/index.ts'
import type { Cli } from '../cli.ts'
import { checkTarget } from '../job/targets.ts'
import { askToConfirm } from '../prompts.ts'
import { buildRequest, checkVideo } from '../request/build.ts'
import { estimateOf, estimateText } from '../request/estimate.ts'
import { deleteUploads } from '../request/media.ts'
import { addVideoOptions, mediaHelp, type VideoOptions } from '../request/options.ts'
import {
  addPurchaseOptions,
  buy,
  consentIsMissing,
  nothingBought,
  type PurchaseOptions,
  purchaseHelp,
  purchaseOf,
} from '../request/purchase.ts'

type GenerateOptions = VideoOptions & PurchaseOptions

export function addGenerate(program: Command, cli: Cli): void {
  const command = addVideoOptions(
    program
      .command('generate')
      .description('Make a video, wait for it, and save it')
      .argument('[prompt]', 'what the video shows; - reads it from stdin'),
  )
  addPurchaseOptions(command)
    .addHelpText('after', help)
    .hook('preAction', () => check(cli, command))
    .action((prompt: string | undefined, options: GenerateOptions) => generate(cli, prompt, options))
}

const help = `
${mediaHelp}

Money: on a terminal the estimate is shown and confirmed. Without one, --yes or
--max-cost is required.

${purchaseHelp}`

async function check(cli: Cli, command: Command): Promise<void> {
  const options = command.opts<GenerateOptions>()
  const { faults } = cli
  await faults.check(() => requireConsent(cli, options))
  if (options.wait) await faults.check(() => checkTarget(purchaseOf(options).target, options.count ?? 1))
  await checkVideo(cli, command)
}

async function generate(cli: Cli, given: string | undefined, options: GenerateOptions): Promise<void> {
  const purchase = purchaseOf(options)
  const { request, uploaded } = await buildRequest(cli, given, options)
  if (!options.yes && cli.canAsk() && !(await isConfirmed(cli, request))) {
    await deleteUploads(cli, uploaded)
    throw nothingBought()
  }
  const client = await cli.client()
  await buy(cli, purchase, (idempotencyKey) =>
    client.create(request, { idempotencyKey, signal: cli.interrupted }),
  )
}

/** A limit is an agreement too. */
function requireConsent(cli: Cli, { yes, maxCost }: GenerateOptions): void {
  if (yes || maxCost !== undefined || cli.canAsk()) return
  throw consentIsMissing('Add --max-cost with an amount in US dollars, or --yes.')
}

async function isConfirmed(cli: Cli, request: JobRequest): Promise<boolean> {
  const estimate = await estimateOf(cli, request)
  return askToConfirm(cli, `${estimateText(estimate)}. Make it?`)
}
