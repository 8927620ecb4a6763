/** `job`: one job, with its videos and its timeline. */
import type { Command } from 'commander'
import { formatBytes, formatDuration } from '../../../core/format.ts'
import {
  type Answer,
  type Delivery,
  type Job,
  ReelhookError,
  type TimelineEntry,
} from '../../client/index.ts'
import type { Cli } from '../cli.ts'
import { answerLines, timelineLines } from '../job/timeline.ts'
import { costText, promptOf, remedyOf, statusOf, statusStyle } from '../job/words.ts'
import { about } from '../missing.ts'
import { plain, wrap } from '../text.ts'

export function addJob(program: Command, cli: Cli): void {
  program
    .command('job')
    .description('Show a job: its status, cost, videos and timeline')
    .argument('<id>', 'the id of a job')
    .option('--answers', 'what the providers answered')
    .addHelpText(
      'after',
      '\nJSON: { job, events, deliveries, answers } as in the API. Without the scope for\nthem, deliveries is null.',
    )
    .action((id: string, { answers }: { answers?: boolean }) =>
      showJob(cli, id, answers === true ? ['answers'] : []),
    )
}

interface Shown {
  job: Job
  events: TimelineEntry[]
  /** Null: the API key has not the scope `deliveries`. */
  deliveries: Delivery[] | null
  answers: Answer[]
}

async function showJob(cli: Cli, id: string, parts: readonly 'answers'[]): Promise<void> {
  const client = await cli.client()
  const path = { id }
  const job = await about('job', id, client.get(id, cli.call))
  const [events, deliveries, answers] = await Promise.all([
    client.timeline(id, cli.call),
    client.api.listDeliveries({ query: { job_id: id, limit: 100 } }, cli.call).catch(withoutScope),
    parts.includes('answers') ? client.api.listJobAnswers({ path }, cli.call) : { data: [] },
  ])
  const shown = { job, events, deliveries: deliveries?.data ?? null, answers: answers.data }
  if (cli.flags().json) return cli.json(shown)
  for (const line of [...factLines(cli, job), ...historyLines(cli, shown)]) cli.out.line(line)
}

function withoutScope(error: unknown): null {
  if (error instanceof ReelhookError && error.status === 403) return null
  throw error
}

function factLines({ out: { style, width } }: Cli, job: Job): string[] {
  const {
    status,
    model,
    provider,
    cost,
    created_at,
    settled_at,
    fault,
    cancellation,
    retry_of,
    outputs,
    warnings,
  } = job
  const tookMs = settled_at === null ? null : Date.parse(settled_at) - Date.parse(created_at)
  const facts: [string, string][] = [
    ['Job', job.id],
    ['Status', statusStyle(status, style)(statusOf(job))],
    ['Model', `${model} at ${provider}`],
    ['Cost', costText(cost) || 'unknown'],
    ['Created', created_at],
    ['Took', tookMs === null ? '' : formatDuration(tookMs)],
    ['Prompt', promptOf(job.request)],
    ['Retry of', retry_of ?? ''],
    ['Reason', plain(fault?.message ?? cancellation?.message ?? '')],
    ['To do', remedyOf(job)],
    ...warnings.map(({ path, message }): [string, string] => ['Warning', plain(`${path} ${message}`)]),
    ...outputs.flatMap((output): [string, string][] => [
      ['Video', outputText(output)],
      ['', output.url ?? ''],
    ]),
  ]
  return facts
    .filter(([, text]) => text !== '')
    .flatMap(([name, text]) =>
      wrap(text, width - indent).map((line, n) => `${(n === 0 ? name : '').padEnd(indent)}${line}`),
    )
}

const indent = 10

function outputText({
  n,
  status,
  bytes,
  width,
  height,
  duration_seconds,
  fault,
  late,
}: Job['outputs'][number]): string {
  const facts = [
    status,
    ...(late ? ['late'] : []),
    ...(fault === null ? [] : [plain(fault.message)]),
    ...(bytes === null ? [] : [formatBytes(bytes)]),
    ...(width === null || height === null ? [] : [`${width}×${height}`]),
    ...(duration_seconds === null ? [] : [`${duration_seconds} s`]),
  ]
  return `${n + 1}: ${facts.join(', ')}`
}

function historyLines({ out: { style, width } }: Cli, { events, deliveries, answers }: Shown): string[] {
  return [
    '',
    ...timelineLines({ events, deliveries: deliveries ?? [] }, width, style),
    ...(answers.length === 0 ? [] : ['', style.bold('Answers'), ...answerLines(answers, width, style)]),
  ]
}
