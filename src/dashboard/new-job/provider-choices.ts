/** The choices of the field `provider`: the selections, each provider, and a list that came with the form. No I/O. */
import { type Selection, selections } from '../../core/request/choices.ts'
import type { Choice, Plan } from './plan.ts'

export function providerChoices(value: string, { all }: Plan): Choice[] {
  return [
    ...selections.map((selection) => ({ value: selection, label: labels[selection], isDisabled: false })),
    ...all.map(({ provider, configured }) => ({
      value: provider,
      label: configured ? provider : `${provider} (no API key here)`,
      isDisabled: !configured,
    })),
    ...(value.includes(',') ? [{ value, label: value.replaceAll(',', ', then '), isDisabled: false }] : []),
  ]
}

/** Whether Reelhook chooses the provider. */
export function isSelection(value: unknown): boolean {
  return selections.some((selection) => selection === value)
}

const labels: Record<Selection, string> = {
  auto: 'auto: the first that can',
  cheapest: 'cheapest: the lowest price',
  fastest: 'fastest: the shortest measured time',
}
