/** Why a job's first provider was chosen, in words. No I/O. No clock. */
import { shownChoiceSchema } from '../../core/choice/choice.ts'
import { measuredMs } from '../../core/choice/measured-times.ts'
import { counted, formatDuration } from '../../core/format.ts'
import { hours } from '../../core/schedule/units.ts'

/** Null: the entry is of an earlier version, which did not say it. */
export function choiceWords({ choice, providers }: Readonly<Record<string, unknown>>): string | null {
  const parsed = shownChoiceSchema.safeParse(choice)
  if (!parsed.success) return null
  const { by, measured = [], tried_last = [] } = parsed.data
  const isOnlyOne = Array.isArray(providers) && providers.length === 1
  const last = tried_last.map(
    ({ provider, fault, since }) =>
      `${provider} is tried last: it has refused submissions since ${since} (${fault})`,
  )
  return [rule(by, measured, isOnlyOne), ...last].join('. ')
}

type Shown = ReturnType<typeof shownChoiceSchema.parse>

function rule(by: Shown['by'], measured: NonNullable<Shown['measured']>, isOnlyOne: boolean): string {
  if (by === 'named') return 'named by the request'
  if (isOnlyOne) return `${by}: the only provider that can`
  switch (by) {
    case 'auto':
      return 'auto: the order of this deployment'
    case 'cheapest':
      return 'cheapest: the lowest estimate first'
    case 'fastest': {
      const days = measuredMs / (24 * hours)
      const medians = measured.map(
        ({ provider, median_seconds, tasks }) =>
          `${provider} ${formatDuration(median_seconds * 1_000)} (${counted(tasks, 'task')})`,
      )
      return medians.length === 0
        ? 'fastest: too few tasks were measured, so in the order of this deployment'
        : `fastest: the median of ${days} days is ${medians.join(', ')}`
    }
  }
}
