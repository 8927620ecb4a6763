/** Reads the metrics with a parser that is not ours. */
import parsePrometheusTextFormat from 'parse-prometheus-text-format'
import { expect } from 'vitest'

interface ParsedFamily {
  name: string
  help: string
  type: string
  metrics: { labels?: Record<string, string>; value?: string; buckets?: Record<string, string> }[]
}

export type Metrics = ReadonlyMap<string, ParsedFamily>

export async function parseMetrics(response: Response): Promise<Metrics> {
  const text = await response.text()
  expect(response.status, text).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  return parse(text)
}

/** The cumulative counts by the end of their bucket. The parser takes the histograms of a family for one, so it gets one. */
export function bucketsIn(text: string, name: string, provider: string): [string, number][] {
  const lines = text
    .split('\n')
    .filter((line) => !line.includes('{') || line.includes(`provider="${provider}"`))
  const [histogram] = parse(lines.join('\n')).get(name)?.metrics ?? []
  return Object.entries(histogram?.buckets ?? {}).map(([end, count]) => [end, Number(count)])
}

function parse(text: string): Metrics {
  const families: ParsedFamily[] = parsePrometheusTextFormat(text)
  return new Map(families.map((family) => [family.name, family]))
}

export async function openMetricsOf(response: Response): Promise<string> {
  // The runtime warns of `text()` for this type.
  return new TextDecoder().decode(await response.bytes())
}

/** The value of one sample. NaN: there is none. */
export function sampleOf(metrics: Metrics, name: string, labels: Record<string, string> = {}): number {
  const found = metrics
    .get(name)
    ?.metrics.find(({ labels: own = {} }) => JSON.stringify(own) === JSON.stringify(labels))
  return Number(found?.value ?? Number.NaN)
}
