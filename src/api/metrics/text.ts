/**
 * Metrics as text: OpenMetrics 1.0 (prometheus.io/docs/specs/om/open_metrics_spec), and the older format of Prometheus, 0.0.4
 * (prometheus.io/docs/instrumenting/exposition_formats). Names, labels and help texts are ours; none needs escapes but those
 * of a label value.
 */

export interface Family {
  /** Without `_total` and `_info`. It ends with the unit, if there is one. */
  name: string
  type: 'gauge' | 'counter' | 'histogram' | 'info'
  help: string
  unit?: 'seconds' | 'bytes' | 'usd' | 'credits'
  samples: Sample[]
}

export interface Sample {
  suffix?: '_bucket' | '_count' | '_sum'
  labels: Readonly<Record<string, string>>
  value: number
}

export const openMetricsType = 'application/openmetrics-text'
export const plainType = 'text/plain'

export const contentTypes = {
  [openMetricsType]: `${openMetricsType}; version=1.0.0; charset=utf-8`,
  [plainType]: `${plainType}; version=0.0.4; charset=utf-8`,
}

export function writeOpenMetrics(families: readonly Family[]): string {
  const lines = families.flatMap((family) => [
    `# TYPE ${family.name} ${family.type}`,
    ...(family.unit === undefined ? [] : [`# UNIT ${family.name} ${family.unit}`]),
    `# HELP ${family.name} ${family.help}`,
    ...samplesOf(family),
  ])
  return `${lines.join('\n')}\n# EOF\n`
}

/** It has no units and no type info, and the name of a counter has its suffix everywhere. */
export function writePlain(families: readonly Family[]): string {
  const lines = families.flatMap((family) => {
    const name = family.name + suffixOf(family)
    return [
      `# HELP ${name} ${family.help}`,
      `# TYPE ${name} ${family.type === 'info' ? 'gauge' : family.type}`,
      ...samplesOf(family),
    ]
  })
  return `${lines.join('\n')}\n`
}

function samplesOf(family: Family): string[] {
  return family.samples.map(
    ({ suffix = suffixOf(family), labels, value }) =>
      `${family.name}${suffix}${writeLabels(labels)} ${value}`,
  )
}

function suffixOf({ type }: Family): string {
  switch (type) {
    case 'counter':
      return '_total'
    case 'info':
      return '_info'
    case 'gauge':
    case 'histogram':
      return ''
  }
}

function writeLabels(labels: Sample['labels']): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`,
  )
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}
