/** A job that ended, as the counters take it. */
export function aSettledJob(createdAt: number, settledAt: number, project: string | null = null) {
  return {
    provider: 'runware',
    model: 'seedance-2.0-mini',
    status: 'succeeded',
    fault: null,
    project,
    request: { resolution: '480p', count: 1 },
    estimates: {},
    createdAt,
    settledAt,
  } as const
}
