/** What a run has shown, as tables; and how many breaches of the laws there are. */
import { deliveryWaitsMs } from '../../src/core/schedule.ts'
import { ownFaults } from './chances.ts'
import type { Case, Evidence } from './evidence.ts'
import type { Law } from './law.ts'
import { isHonestUnknown } from './laws.ts'
import type { Deaths, StormRecord } from './storm.ts'

interface Findings {
  evidence: Evidence
  laws: Law[]
  deaths: Deaths
  storm: StormRecord
  /** False: patience ended before everything was settled and told. */
  isOver: boolean
  planned: number
  turnedMs: number
}

// With fewer jobs a fault of small chance may well not happen.
const jobsForEveryFault = 300

export function report(findings: Findings): number {
  const { evidence, laws, storm } = findings
  const all = [...laws, ofTheStorm(findings)]
  print('What became of the jobs', jobTable(evidence.cases))
  print('What befell the Worker', stormTable(findings))
  print(
    'How often each fault happened',
    [...storm.faults].sort().map(([says, times]) => ({ fault: says, times })),
  )
  print(
    'The laws',
    all.map(({ says, checked, breaches }) => ({
      law: says,
      checked,
      breaches: breaches.length,
      verdict: breaches.length === 0 ? 'held' : 'BROKEN',
    })),
  )
  for (const { says, breaches } of all) {
    for (const breach of breaches) console.error(`BREACH of "${says}": ${breach}`)
  }
  return all.reduce((sum, { breaches }) => sum + breaches.length, 0)
}

/** A calm proves nothing: what was to happen must have happened. */
function ofTheStorm({ deaths, storm, isOver, planned, evidence }: Findings): Law {
  const calm = ownFaults
    .filter(({ says }) => !storm.faults.has(says))
    .map(({ says }) => `never happened: ${says}`)
  const breaches = [
    ...(isOver ? [] : ['patience ended before everything was settled and told']),
    ...(evidence.cases.length === planned
      ? []
      : [`${evidence.cases.length} of ${planned} jobs were accepted`]),
    ...storm.missed().map((point) => `never reached: ${point}`),
    ...(storm.randomKills >= deaths.randomKills ? [] : [`only ${storm.randomKills} random kills`]),
    ...(planned >= jobsForEveryFault ? calm : []),
  ]
  return { says: 'the storm was one', checked: deaths.points.length + ownFaults.length, breaches }
}

function jobTable(cases: Case[]) {
  const providers = [...new Set(cases.map(({ plan }) => plan.provider))]
  return providers.map((provider) => {
    const here = cases.filter(({ plan }) => plan.provider === provider)
    const are = (status: string) => here.filter(({ rows }) => rows.jobs[0]?.status === status).length
    return {
      provider,
      jobs: here.length,
      succeeded: are('succeeded'),
      failed: are('failed'),
      'nobody knows': here.filter(isHonestUnknown).length,
      'outputs asked': sum(here.map(({ plan }) => Number(plan.request.count ?? 1))),
      stored: sum(here.map(({ rows }) => rows.outputs.filter(({ status }) => status === 'stored').length)),
      bills: sum(here.map(({ bills }) => bills.length)),
      'won by webhook': sum(
        here.map(({ rows }) => rows.tasks.filter((task) => task.completed_via === 'webhook').length),
      ),
      'by upload': sum(
        here.map(({ rows }) => rows.tasks.filter((task) => task.completed_via === 'upload').length),
      ),
      'won by poll': sum(
        here.map(({ rows }) => rows.tasks.filter((task) => task.completed_via === 'poll').length),
      ),
      attempts: sum(here.map(({ told }) => told.length)),
    }
  })
}

function stormTable({ storm, evidence, turnedMs }: Findings) {
  const gaveUp = evidence.cases.filter(({ attempts }) => attempts.length === deliveryWaitsMs.length).length
  return [
    { what: 'lives', times: storm.lives },
    {
      what: 'killed with SIGKILL in the middle of a step',
      times: storm.reached.filter((name) => name.includes(' dies ')).length,
    },
    { what: 'killed with SIGKILL at a random moment', times: storm.randomKills },
    {
      what: 'steps that outlived their lease',
      times: storm.reached.filter((name) => name.includes(' outlives ')).length,
    },
    { what: 'forged webhooks', times: evidence.forgeries.length },
    { what: 'deliveries given up after ten attempts', times: gaveUp },
    { what: 'hours that the clock was turned', times: Math.round(turnedMs / 3_600_000) },
  ]
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

type Cell = string | number

function print(title: string, rows: Record<string, Cell>[]): void {
  const columns = Object.keys(rows[0] ?? {})
  const lines = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? '')))]
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)))
  const isNumeric = columns.map((column) => rows.every((row) => typeof row[column] === 'number'))
  const pad = (cell: string, index: number) =>
    isNumeric[index] ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0)
  console.log(`\n${title}`)
  for (const line of lines) console.log(`  ${line.map(pad).join('  ').trimEnd()}`)
}
