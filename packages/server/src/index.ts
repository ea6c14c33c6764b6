/**
 * The reference server of Tertulia, to be embedded: a scoped effect that listens and gives its address.
 *
 * @module
 */
export * from "./certificate.ts"
export { type Claim, Claims, layerMemory as claimsInMemory } from "./claims.ts"
export * from "./room-log.ts"
export * as MemoryRoomLogs from "./room-log-memory.ts"
export * as SqliteRoomLogs from "./room-log-sqlite.ts"
export * from "./server.ts"
export * from "./transport.ts"
export * from "./transport-memory.ts"
export { tcp } from "./transport-tcp.ts"
export * from "./transport-tls.ts"
export { type WebOptions, web } from "./transport-web.ts"
