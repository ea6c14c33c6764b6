/** A bot that counts the words of whoever names it: `node examples/client/bot.ts tcp://localhost:7331`. */
import { connect } from "@tertulia/client/chat"

const [url = "tcp://localhost:7331", room = "#cafe"] = process.argv.slice(2)

const chat = await connect({ url, nick: "bot", comeBack: "always" })
process.once("SIGTERM", () => chat.close())

const cafe = await chat.join(room)
await cafe.send("I count your words, @ me.")
for await (const { from, mentionsMe, seq, text = "" } of cafe.messages) {
  if (!mentionsMe) continue
  const words = text.split(/\s+/u).length
  await cafe.send(`@${from} ${words} words`, { replyTo: seq })
}
