/** Looks at a room until somebody says goodbye: `node examples/client/look.ts tcp://localhost:7331`. */
import { open, type RoomSnapshot } from "@tertulia/client/chat"

const [url = "tcp://localhost:7331"] = process.argv.slice(2)

const chat = await open({ url, nick: "eva", rooms: ["#cafe"] })
const cafe = chat.room("#cafe")

const draw = ({ entries, members, typing, unread }: RoomSnapshot) => {
  const last = entries.findLast((line) => line._tag === "Message")
  console.log(`${members.join(", ")} | ${unread} unread | ${typing.join(", ")} | ${last?.text ?? ""}`)
  if (last?.text === "goodbye") void chat.close()
}

// A screen of React: useSyncExternalStore(cafe.subscribe, cafe.get)
cafe.subscribe(() => draw(cafe.get()))
