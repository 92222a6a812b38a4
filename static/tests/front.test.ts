// Who stands in front in a call of many: those who spoke last, each in a place of his own.
import { describe, expect, test } from 'vitest'
import { IN_FRONT, MANY, NO_FRONT, arranged, withSpeakers, type Front } from '../src/call/front'

const crowd = (count: number) => Array.from({ length: count }, (_, n) => `p${n}`)
const people = (count: number) => crowd(count).map((user) => ({ user }))
const HERE = crowd(100)
/** One after the other speaks, a second each. */
const talk = (...users: string[]): Front => users.reduce((front, user, n) => withSpeakers(front, [user], HERE, 1000 * n), NO_FRONT)

describe('a hundred people', () => {
  test('stand as they came until somebody speaks; then he is first', () => {
    expect(arranged(people(100), NO_FRONT).map(({ user }) => user)).toEqual(HERE)
    const order = arranged(people(100), talk('p70')).map(({ user }) => user)
    expect(order.slice(0, 3)).toEqual(['p70', 'p0', 'p1'])
    expect([...order].sort()).toEqual([...HERE].sort())
  })
  test('nobody in front moves, whoever speaks; the longest silent gives way', () => {
    const full = talk(...crowd(IN_FRONT).map((_, n) => `p${50 + n}`))
    expect(full.users).toHaveLength(IN_FRONT)
    const again = withSpeakers(full, ['p53'], HERE, 50_000)
    expect(again.users).toEqual(full.users)
    const changed = withSpeakers(withSpeakers(again, ['p50'], HERE, 51_000), ['p99'], HERE, 52_000)
    expect(changed.users).toEqual(full.users.map((user) => (user === 'p51' ? 'p99' : user)))
  })
  test('who speaks is never put out of the front, however many do', () => {
    const all = withSpeakers(NO_FRONT, HERE, HERE, 0)
    expect(all.users).toEqual(HERE.slice(0, IN_FRONT))
    expect(withSpeakers(all, ['p90', ...all.users], HERE, 1).users).toEqual(all.users)
  })
  test('who has left stands nowhere, and his place is taken', () => {
    const front = talk('p70', 'p71')
    const left = HERE.filter((user) => user !== 'p70')
    expect(withSpeakers(front, [], left, 9000).users).toEqual(['p71'])
    expect(withSpeakers(front, ['p5'], left, 9000).users).toEqual(['p71', 'p5'])
  })
})

test('where all are in sight nobody moves', () => {
  expect(withSpeakers(talk('p3'), ['p9'], crowd(MANY), 1)).toEqual(NO_FRONT)
  expect(withSpeakers(NO_FRONT, ['p9'], crowd(MANY + 1), 1).users).toEqual(['p9'])
})
