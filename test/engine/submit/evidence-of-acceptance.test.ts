/** A submission whose response was lost, and whose video or webhook proves that the provider has it. */
import { describe, expect, it } from 'vitest'
import { postMarked } from '../../support/bills.ts'
import { passTimeUntil } from '../../support/reelhook.ts'
import { postDirect } from '../../support/uploads.ts'
import { makeVideo } from '../../support/videos.ts'

const isSettled = ({ settled_at }: { settled_at: string | null }) => settled_at !== null
const kept = { status: 'succeeded', outputs: [{ status: 'stored', unconfirmed: true }] }

describe.each(['poll=500', 'poll=404', 'poll=empty'])(
  'a lost submission that no status response shows (%s)',
  (poll) => {
    it('stores the video that a webhook names under our client reference', async () => {
      // An earlier job has shown the host of the provider's videos.
      await makeVideo({ provider: 'runware' })
      const { id, bills } = await postMarked(`submit=504-after, ${poll}`)
      expect(await passTimeUntil(id, isSettled)).toMatchObject(kept)
      expect(bills()).toHaveLength(1)
    })

    it('stores the video that the provider uploads', async () => {
      const { id } = await postDirect(`submit=504-after, webhook=lost, ${poll}`)
      expect(await passTimeUntil(id, isSettled)).toMatchObject(kept)
    })
  },
)
