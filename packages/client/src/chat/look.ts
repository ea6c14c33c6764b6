/**
 * What goes with a chat: its errors, and how a view is looked at.
 *
 * @module
 */

export { deedWords } from "../deeds.ts"
export * from "../errors.ts"
export { NotKept } from "../keeper.ts"
export { failureIn, refusalIn, type TroubleWords, troubleIn, troubleWords } from "../trouble.ts"
export { lineAt, lookAt, mayIn, personIn } from "../view.ts"
export { NotSent } from "./chat.ts"
