/** `retry`: a new job with the request of one that failed or was canceled. It never buys twice. */
import type { Command } from 'commander'
import { type Job, type JobRequest, ReelhookError } from '../../client/index.ts'
import type { Cli } from '../cli.ts'
import { stateFault } from '../errors.ts'
import { checkTarget } from '../job/targets.ts'
import { about } from '../missing.ts'
import { askToConfirm } from '../prompts.ts'
import { estimateOf, estimateText } from '../request/estimate.ts'
import {
  addPurchaseOptions,
  buy,
  consentIsMissing,
  nothingBought,
  type Purchase,
  type PurchaseOptions,
  purchaseHelp,
  purchaseOf,
} from '../request/purchase.ts'

export function addRetry(program: Command, cli: Cli): void {
  const command = program
    .command('retry')
    .description('Make the video of a failed or canceled job again, wait for it, and save it')
    .argument('<id>', 'the id of a job')
  addPurchaseOptions(command)
    .addHelpText('after', help)
    .action((id: string, options: PurchaseOptions) => retry(cli, id, options))
}

const help = `
The new job has the request, the secret and the callback headers of the old one.
A job that has succeeded, or has not ended, is refused with exit code 6.

Money: on a terminal the estimate is shown and confirmed. Without one, --yes is
required. The limit of the old job (--max-cost) counts again.

${purchaseHelp}`

async function retry(cli: Cli, id: string, options: PurchaseOptions): Promise<void> {
  const purchase = purchaseOf(options)
  if (options.wait || !options.yes) {
    const old = await lookAt(cli, id, purchase)
    if (!options.yes && !(await isConfirmed(cli, old))) throw nothingBought()
  }
  const api = await cli.api()
  await buy(cli, purchase, (idempotencyKey) =>
    about('job', id, api.retryJob({ path: { id } }, { ...cli.call, idempotencyKey })),
  )
}

/** The old job. Fails with all that is wrong with the retry. */
async function lookAt(cli: Cli, id: string, { target, options }: Purchase): Promise<Job> {
  const client = await cli.client()
  const { faults } = cli
  const reading = about('job', id, client.get(id, cli.call))
  await faults.check(async () => requireFailure(await reading))
  const count = await reading.then(
    ({ request }) => request.count ?? 1,
    () => 1,
  )
  if (options.wait) await faults.check(() => checkTarget(target, count))
  if (!options.yes && !cli.canAsk()) faults.note(consentIsMissing('Add --yes.').failure)
  faults.settle()
  return reading
}

function requireFailure({ status, settled_at }: Job): void {
  if (settled_at === null) throw stateFault('not_settled', 'The job has not ended yet.')
  if (status === 'succeeded') throw stateFault('already_settled', 'The job has succeeded.')
}

async function isConfirmed(cli: Cli, old: Job): Promise<boolean> {
  const mayBeBilledToo = old.cancellation?.may_still_be_billed ?? old.cost === null
  const warning = mayBeBilledToo ? ' The old job may be billed, too.' : ''
  return askToConfirm(cli, `${await priceText(cli, old)}.${warning} Make it again?`)
}

/** A callback has no influence on the price, and the admin key could not pass its secret again. */
async function priceText(cli: Cli, { request }: Job): Promise<string> {
  const { callback_url: _url, ...priced }: JobRequest = request
  try {
    return estimateText(await estimateOf(cli, priced))
  } catch (error) {
    // An embedded file belongs to the old job, and only a retry may use it.
    if (error instanceof ReelhookError && error.code === 'invalid_request') return 'Its price is not known'
    throw error
  }
}
