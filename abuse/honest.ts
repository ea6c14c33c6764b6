/**
 * Honest people who talk: what each says has to come to everybody in the room, once, in order, and it is measured how soon.
 *
 * @module
 */
import { once } from "node:events"
import { connect, type Json, type Lines, type Target } from "./lines.ts"

/** What came of what was said in a stretch of time. */
export interface Talk {
  readonly said: number
  readonly heard: number
  /** Milliseconds from sending to each member's hearing it, ascending. */
  readonly delays: ReadonlyArray<number>
  /** What was lost, came twice or out of order, in words. */
  readonly faults: ReadonlyArray<string>
}

const peoplePerRoom = 5
const pause = 100

export interface People {
  /** Lets everybody talk for so many seconds, and waits until all has come, or should have. */
  readonly talk: (seconds: number) => Promise<Talk>
  readonly leave: () => void
}

interface Person {
  readonly nick: string
  readonly room: string
  readonly lines: Lines
  nextSeq: number
}

const until = async (isSo: () => boolean, millis: number): Promise<boolean> => {
  const end = performance.now() + millis
  while (!isSo()) {
    if (performance.now() > end) return false
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return true
}

/** Brings so many people in, each in one of the rooms; their nicks begin with a name. */
export const gather = async (target: Target, name: string, count: number): Promise<People> => {
  const sentAt = new Map<string, number>()
  let delays: Array<number> = []
  let faults: Array<string> = []
  let [said, heard, acknowledged] = [0, 0, 0]
  let isLeaving = false
  let joined = 0
  const people: Array<Person> = []

  const listen = (person: Person) => (object: Json) => {
    const { code, room, seq, text, type } = object
    if (type === "ping") return person.lines.tell({ type: "ping", id: 1 })
    if (type === "joined") {
      person.nextSeq = Number(object["head"]) + 1
      joined += 1
    }
    if (type === "sent") acknowledged += 1
    if (type === "error" || type === "bye") faults.push(`${person.nick} was told ${type} ${String(code)}`)
    if (type !== "message" || room !== person.room) return
    if (seq !== person.nextSeq)
      faults.push(`${person.nick} got entry ${String(seq)} of ${person.room} in place of ${person.nextSeq}`)
    person.nextSeq = Number(seq) + 1
    heard += 1
    const at = sentAt.get(String(text))
    if (at !== undefined) delays.push(performance.now() - at)
  }

  for (let nth = 0; nth < count; nth++) {
    const room = `#${name}-${Math.floor(nth / peoplePerRoom)}`
    const nick = `${name}${nth}`
    let person: Person | undefined
    const lines = connect(target, "127.0.0.1", (object) => listen(person!)(object))
    person = { nick, room, lines, nextSeq: 0 }
    people.push(person)
    await once(lines.socket, "connect")
    lines.socket.on("close", () => {
      if (!isLeaving) faults.push(`${nick} lost the connection`)
    })
    lines.tell({ type: "login", id: 1, nick }, { type: "join", id: 2, room })
  }
  if (!(await until(() => joined === count, 10_000))) throw new Error(`only ${joined} of ${count} people got in`)

  const say = (person: Person) => {
    const text = `${person.nick} says ${said++}`
    sentAt.set(text, performance.now())
    person.lines.tell({ type: "send", id: 1 + (said % 1_000_000), room: person.room, text })
  }

  const talk = async (seconds: number): Promise<Talk> => {
    delays = []
    faults = []
    sentAt.clear()
    const [saidBefore, heardBefore, acknowledgedBefore] = [said, heard, acknowledged]
    const end = performance.now() + 1_000 * seconds
    // Each at a moment of their own, so that nobody waits for a neighbour.
    await Promise.all(
      people.map(async (person, nth) => {
        await new Promise((resolve) => setTimeout(resolve, (nth * 2 * pause) / count))
        while (performance.now() < end) {
          say(person)
          await new Promise((resolve) => setTimeout(resolve, 2 * pause))
        }
      })
    )
    const owed = (said - saidBefore) * peoplePerRoom
    await until(() => heard - heardBefore >= owed && acknowledged - acknowledgedBefore >= said - saidBefore, 30_000)
    if (heard - heardBefore !== owed) faults.push(`${owed} deliveries were owed, ${heard - heardBefore} came`)
    if (acknowledged - acknowledgedBefore !== said - saidBefore)
      faults.push(`${said - saidBefore} were said, ${acknowledged - acknowledgedBefore} acknowledged`)
    return {
      said: said - saidBefore,
      heard: heard - heardBefore,
      delays: delays.toSorted((one, other) => one - other),
      faults
    }
  }

  return {
    talk,
    leave: () => {
      isLeaving = true
      for (const { lines } of people) lines.socket.destroy()
    }
  }
}
