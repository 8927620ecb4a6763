/** `models`: the models, and what each provider of this deployment offers for them. */
import type { Command } from 'commander'
import { formatUsd } from '../../../core/format.ts'
import type { Model } from '../../client/index.ts'
import type { Cli } from '../cli.ts'
import { type Column, tableLines } from '../table.ts'

export function addModels(program: Command, cli: Cli): void {
  program
    .command('models')
    .description('List the models, their providers, limits and prices')
    .option('--all', 'also providers without an API key at this deployment')
    .addHelpText('after', '\nJSON: { data: [model] } as GET /v1/models.')
    .action((options: { all?: boolean }) => showModels(cli, options.all === true ? 'all' : 'configured'))
}

type Offer = Model['providers'][number] & { model: string }

async function showModels(cli: Cli, which: 'all' | 'configured'): Promise<void> {
  const models = await (await cli.api()).listModels({}, cli.call)
  if (cli.flags().json) return cli.json(models)
  const offers = models.data.flatMap(({ model, providers }) =>
    providers
      .map((provider) => ({ ...provider, model }))
      .filter(({ configured }) => which === 'all' || configured),
  )
  const { dim, bold } = cli.out.style
  if (offers.length === 0)
    cli.log.line('No provider has an API key at this deployment. --all lists what they offer.')
  else for (const line of tableLines(offers, columns(dim), cli.out.width, bold)) cli.out.line(line)
}

function columns(dim: (text: string) => string): Column<Offer>[] {
  return [
    { title: 'Model', cell: ({ model }) => model },
    {
      title: 'Provider',
      cell: ({ provider, configured }) => (configured ? provider : `${provider} (no key)`),
      paint: (text, { configured }) => (configured ? text : dim(text)),
    },
    { title: 'Resolutions', cell: ({ resolutions }) => resolutions.join(' '), rank: 3 },
    { title: 'Seconds', cell: seconds, rank: 4 },
    { title: 'Per second', cell: price, rank: 2 },
    { title: 'References', cell: references, rank: 1 },
  ]
}

function seconds({ limits: { duration } }: Offer): string {
  return `${duration.min_seconds}–${duration.max_seconds}${duration.auto ? ', auto' : ''}`
}

function price({ prices }: Offer): string {
  const [first, ...others] = prices?.usd_per_second.map(({ usd }) => usd) ?? []
  if (first === undefined) return 'on request'
  const [least, most] = [Math.min(first, ...others), Math.max(first, ...others)]
  return least === most ? formatUsd(least) : `${formatUsd(least)}–${formatUsd(most)}`
}

function references({ limits: { references: counts } }: Offer): string {
  return `${counts.images} images, ${counts.videos} videos, ${counts.audios} audios`
}
