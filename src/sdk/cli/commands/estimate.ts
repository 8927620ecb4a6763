/** `estimate`: what a video would cost at each provider, and why it could not be made there. */
import type { Command } from 'commander'
import type { Asset, Estimate, JobRequest } from '../../client/index.ts'
import type { Cli } from '../cli.ts'
import { exitCodes } from '../exit-codes.ts'
import { costText } from '../job/words.ts'
import type { Output } from '../output.ts'
import { buildRequest, checkVideo } from '../request/build.ts'
import { deleteUploads } from '../request/media.ts'
import { faultText } from '../request/names.ts'
import { addVideoOptions, mediaHelp, type VideoOptions } from '../request/options.ts'
import { type Column, tableLines } from '../table.ts'
import { plain, wrap } from '../text.ts'

export function addEstimate(program: Command, cli: Cli): void {
  const command = addVideoOptions(
    program
      .command('estimate')
      .description('Show what a video would cost, at each provider; nothing is bought')
      .argument('[prompt]', 'what the video shows; - reads it from stdin'),
  )
  command
    .hook('preAction', () => checkVideo(cli, command))
    .addHelpText(
      'after',
      `\n${mediaHelp} They are deleted afterwards.\n\nThe exit code is 4 if no provider can make it.\n\nJSON: { data: [estimate] } as POST /v1/estimates.`,
    )
    .action((prompt: string | undefined, options: VideoOptions) => estimate(cli, prompt, options))
}

async function estimate(cli: Cli, prompt: string | undefined, options: VideoOptions): Promise<void> {
  const { request, uploaded } = await buildRequest(cli, prompt, options)
  const page = await readEstimates(cli, request, uploaded)
  if (!page.data.some(({ eligible }) => eligible)) cli.endWith(exitCodes.refused)
  if (cli.flags().json) return cli.json(page)
  for (const line of [
    ...tableOf(page.data, cli.out),
    ...page.data.flatMap((one) => noteLines(one, cli.out)),
  ]) {
    cli.out.line(line)
  }
}

async function readEstimates(cli: Cli, request: JobRequest, uploaded: readonly Asset[]) {
  try {
    return await (await cli.api()).createEstimate({ body: request }, cli.call)
  } finally {
    await deleteUploads(cli, uploaded)
  }
}

function tableOf(estimates: readonly Estimate[], { style, width }: Output): string[] {
  const columns: Column<Estimate>[] = [
    { title: 'Provider', cell: ({ provider }) => provider },
    {
      title: 'Cost',
      cell: ({ eligible, cost }) => (eligible ? costText(cost) || 'unknown' : 'not possible'),
      paint: (text, { eligible }) => (eligible ? text : style.dim(text)),
      isRight: true,
    },
  ]
  return tableLines(estimates, columns, width, style.bold)
}

/** Why it is not possible there, and what would be different. */
function noteLines({ provider, reasons, warnings, unpriced }: Estimate, { style, width }: Output): string[] {
  const notes = [...(unpriced === null ? [] : [unpriced]), ...[...reasons, ...warnings].map(faultText)]
  if (notes.length === 0) return []
  const lines = notes.flatMap((note) =>
    wrap(plain(note), width - 2).map((line, n) => `${n === 0 ? '- ' : '  '}${line}`),
  )
  return ['', style.bold(provider), ...lines]
}
