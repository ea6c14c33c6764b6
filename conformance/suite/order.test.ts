import { scenario } from "../src/scenario.ts"

scenario("two people see one order, with what each of them sent", ["ORDER-1", "ORDER-3", "SEND-3"], function* (t) {
  const [ana, leo] = yield* t.people(2)
  const room = yield* t.room(ana, leo)
  const sent = yield* ana.send(room, "hola")
  yield* leo.send(room, "¡hola!")

  const seenByAna = yield* ana.messages(room)
  const seenByLeo = yield* leo.messages(room)
  const entries = (seen: typeof seenByAna) => seen.map(({ at, from, seq, text }) => ({ seq, from, text, at }))
  yield* t.judge("ORDER-1", JSON.stringify(entries(seenByAna)) === JSON.stringify(entries(seenByLeo)), {
    expected: `what ana saw: ${JSON.stringify(entries(seenByAna))}`,
    got: entries(seenByLeo)
  })
  yield* t.judge("ORDER-3", seenByLeo.map(({ seq }) => seq).join() === "1,2", {
    expected: "leo gets the entries 1 and 2, each once, ascending",
    got: seenByLeo
  })
  yield* t.judge("SEND-3", seenByAna[0] !== undefined && seenByAna[0].nth < sent.nth, {
    expected: "ana's own `message` before its `sent`",
    got: seenByAna[0]
  })
})
