/** What went wrong, in words: of every end that a server may say, and of what was refused. */
import { ConnectionLost, failureIn, NotKept, Refused, troubleIn, troubleWords, Unreachable } from "@tertulia/client"
import { byeCodes } from "@tertulia/protocol"
import { assert, describe, it } from "vitest"

const { en, es } = troubleWords

const bye = (code: string) =>
  new ConnectionLost({
    address: "here",
    outcome: "none",
    loss: { _tag: "Bye", bye: { type: "bye", code, message: "because" } }
  })

describe("what went wrong", () => {
  it("is told as what it is: kicked isn't lost", () => {
    assert.strictEqual(troubleIn(en, bye("kicked")), "An operator of this server has put you out. (because)")
    assert.strictEqual(troubleIn(es, bye("kicked")), "Alguien que opera este servidor te ha sacado. (because)")
    assert.include(bye("kicked").message, "an operator of the server has put you out (because)")
    assert.strictEqual(troubleIn(en, bye("of tomorrow")), "The connection was lost. (of tomorrow)")
    for (const code of byeCodes) assert.notStrictEqual(troubleIn(en, bye(code)), troubleIn(es, bye(code)))
  })

  it("is told by what was refused: forbidden means something else of each request", () => {
    const refused = (request: "join" | "send" | "kick") =>
      new Refused({ request, code: "forbidden", message: "no right to that" })
    assert.strictEqual(failureIn(en, refused("kick")), "no right to that (forbidden)")
    assert.strictEqual(failureIn(es, refused("kick")), "no tienes derecho a eso (forbidden)")
    assert.strictEqual(failureIn(es, refused("send")), "te han silenciado aquí (forbidden)")
    assert.include(failureIn(es, refused("join")), "te han vetado")
  })

  it("is one sentence, whatever it is", () => {
    assert.strictEqual(failureIn(en, new Unreachable({ address: "here", why: "refused" })), en.Unreachable)
    assert.strictEqual(failureIn(es, new NotKept({ where: "file", why: "full" })), `${es.NotKept} full`)
    assert.strictEqual(failureIn(en, new Error("something else")), "Error: something else")
  })
})
