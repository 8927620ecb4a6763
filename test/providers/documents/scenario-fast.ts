/** Scenario, "Seedance 2.0 Fast: API Reference". The table equals that of the mini model, except that the seed has limits. */
import { type Document, integer, rowsBelow } from './document.ts'
import { scenarioMini } from './scenario-mini.ts'

const { row } = rowsBelow('body')
const seed = row('seed', integer(0, 4_294_967_295), (value) => ({ seed: value }))

export const scenarioFast: Document = {
  ...scenarioMini,
  title: 'Scenario: Seedance 2.0 Fast',
  model: 'seedance-2.0-fast',
  fixed: [
    {
      name: 'model',
      at: 'url',
      value: () => 'https://api.cloud.scenario.com/v1/generate/custom/model_bytedance-seedance-2-0-fast',
    },
    ...scenarioMini.fixed.filter(({ name }) => name !== 'model'),
  ],
  rows: scenarioMini.rows.map((each) => (each.name === 'seed' ? seed : each)),
}
