/** reelhook listen: the events of jobs on this machine, while an application is developed. */
import { dirname } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Cli } from '../cli.ts'
import { configPath } from '../config-file.ts'
import { failureOf } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { chooseWay } from '../listen/choose-way.ts'
import { eventTypesIn, finalTypes, knownTypes } from '../listen/event-types.ts'
import { followStream } from '../listen/follow-stream.ts'
import type { Line } from '../listen/lines.ts'
import { readMachine } from '../listen/machine.ts'
import type { Direct } from '../listen/receive-directly.ts'
import { showLine } from '../listen/show.ts'
import type { EventTypes } from '../listen/temporary-endpoint.ts'

interface Options {
  forward?: string
  events: EventTypes
  port: number
  publicUrl?: string
  via: 'auto' | 'endpoint' | 'events'
}

export function addListen(program: Command, cli: Cli): void {
  program
    .command('listen')
    .description('Receive the events of jobs on this machine, and forward them to your application')
    .option('--forward <url>', 'post each event to this URL, signed, and show the answer', parseUrl)
    .addOption(
      new Option('--events <types>', 'event types, separated by commas, or all')
        .default(finalTypes, 'how a job ends')
        .argParser(parseEventTypes),
    )
    .addOption(
      new Option('--port <port>', 'the port of the receiver').default(0, 'a free one').argParser(parsePort),
    )
    .option(
      '--public-url <url>',
      'an address under which the deployment reaches the receiver, such as that of a tunnel',
      parseUrl,
    )
    .addOption(
      new Option('--via <way>', 'endpoint: deliveries to this machine. events: the event stream')
        .choices(['auto', 'endpoint', 'events'])
        .default('auto'),
    )
    .addHelpText('after', help)
    .action((options: Options) => listen(cli, options))
}

const help = `
A deployment on this machine, or one that gets a --public-url, posts its deliveries here, through an
endpoint that exists as long as the command runs. The answer of your application is its answer to
the delivery, so a failed one is retried by the schedule. Any other deployment cannot reach this
machine: then the command reads the events from its stream and posts the same bodies, signed with
the same secret, and tries up to four times. An event that was not delivered elsewhere shows the
job as it is when the stream has it, and job.erased, output.late and output.exported are not there.

Ctrl-C ends it, with exit code 0. With --json each line is one JSON object with a type: ready,
event, answer, rejected, gap, interrupted, resumed, left_out, leftovers_deleted, stopped.

Examples:
  reelhook listen --forward localhost:3000/hooks
  reelhook listen --forward localhost:3000/hooks --events all --verbose
  reelhook listen --port 4000 --public-url https://my-tunnel.example.com`

async function listen(cli: Cli, options: Options): Promise<void> {
  const wanted = {
    eventTypes: options.events,
    forwardTo: options.forward ?? null,
    port: options.port,
    publicUrl: options.publicUrl ?? null,
  }
  const settings = await cli.settings()
  const machine = await readMachine(dirname(configPath(cli.env)))
  const signal = stopSignal(cli)
  const report = (line: Line) => print(cli, line)
  const way = await chooseWay(
    { ...wanted, via: options.via, api: await cli.api(), reelhookUrl: settings.url, machine, report },
    signal,
  )
  const onReady = () =>
    report({
      type: 'ready',
      via: way.direct === null ? 'events' : 'endpoint',
      reason: way.reason,
      endpoint_id: way.direct?.endpointId ?? null,
      secret: machine.secret,
      event_types: way.eventTypes,
      forward_to: wanted.forwardTo,
    })
  if (way.direct !== null) return receive(cli, way.direct, { report, onReady, signal })
  const { forwardTo } = wanted
  const following = { client: await cli.client(), types: way.eventTypes, secret: machine.secret }
  await followStream({ ...following, forwardTo, report, onReady }, signal)
  report({ type: 'stopped', endpoint_id: null, error: null })
}

interface Receiving {
  report: (line: Line) => void
  onReady: () => void
  signal: AbortSignal
}

async function receive(cli: Cli, direct: Direct, { report, onReady, signal }: Receiving): Promise<void> {
  if (!signal.aborted) onReady()
  await aborted(signal)
  const error = await direct.close().then(
    () => null,
    (reason: unknown) => failureOf(reason, false).message,
  )
  if (error !== null) cli.endWith(exitCodes.failed)
  report({ type: 'stopped', endpoint_id: direct.endpointId, error })
}

/** Ctrl-C, SIGTERM, and the end of the terminal. */
function stopSignal(cli: Cli): AbortSignal {
  const hangUp = new AbortController()
  process.once('SIGHUP', () => hangUp.abort())
  return AbortSignal.any([cli.interrupted, hangUp.signal])
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

function print(cli: Cli, line: Line): void {
  const { json = false, verbose: isVerbose = false } = cli.flags()
  if (json) {
    cli.json(line)
    return
  }
  const time = () => new Date().toTimeString().slice(0, 'hh:mm:ss'.length)
  const { style, width } = cli.out
  const { text, isNotice } = showLine(line, { style, isVerbose, width, time })
  ;(isNotice ? cli.log : cli.out).line(text)
}

function parseEventTypes(text: string): EventTypes {
  const types = eventTypesIn(text)
  if (types === null)
    throw new InvalidArgumentError(`Choose from ${knownTypes.join(', ')}, separated by commas, or write all.`)
  return types
}

/** `3000` and `localhost:3000/hooks` are addresses too. */
function parseUrl(text: string): string {
  const url = /^\d+$/.test(text)
    ? `http://localhost:${text}/`
    : text.includes('://')
      ? text
      : `http://${text}`
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    throw new InvalidArgumentError('Write an http or https URL: http://localhost:3000/hooks.')
  return parsed.href
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new InvalidArgumentError('It must be a whole number from 1 to 65535.')
  return port
}
