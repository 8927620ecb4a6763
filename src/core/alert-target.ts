/** Where the operator is alerted. The settings may have none. */
export interface AlertTarget {
  /** It holds a secret. */
  url: string
  /** The hour (UTC) of the daily summary. Null: none. */
  summaryHour: number | null
}
