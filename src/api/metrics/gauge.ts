/** Gauges: numbers of this moment. */
import type { Family, Sample } from './text.ts'

export function gauge(name: string, help: string, values: number | Sample[]): Family {
  const samples = typeof values === 'number' ? [{ labels: {}, value: values }] : values
  return { name: `reelhook_${name}`, type: 'gauge', help, samples }
}

export function secondsGauge(name: string, help: string, value: number): Family {
  return { ...gauge(name, help, value), unit: 'seconds' }
}

/** 0: there is none. */
export function ageOf(at: number | null, nowMs: number): number {
  return at === null ? 0 : Math.max(0, nowMs - at) / 1_000
}
