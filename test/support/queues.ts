/** A queue that only records: none of its messages is ever consumed. */
interface RecordingQueue {
  queue: Queue
  /** The bodies of the messages that were sent. */
  sent: unknown[]
}

function aRecordingQueue(): RecordingQueue {
  const sent: unknown[] = []
  const metrics = { backlogCount: 0, backlogBytes: 0 }
  const queue: Queue = {
    async send(body) {
      sent.push(body)
      return { metadata: { metrics } }
    },
    async sendBatch(messages) {
      for (const { body } of messages) sent.push(body)
      return { metadata: { metrics } }
    },
    metrics: async () => metrics,
  }
  return { queue, sent }
}

/** The bindings of the three queues, which record. */
export function recordingQueues() {
  const [jobs, results, deliveries] = [aRecordingQueue(), aRecordingQueue(), aRecordingQueue()]
  return {
    bindings: { JOBS: jobs.queue, RESULTS: results.queue, DELIVERIES: deliveries.queue },
    jobs: jobs.sent,
    results: results.sent,
    deliveries: deliveries.sent,
  }
}
