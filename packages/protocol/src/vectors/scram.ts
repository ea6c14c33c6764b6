import type { Vector, VectorFile } from "./notation.ts"

/** One exchange of SCRAM-SHA-256. */
export interface ScramVector extends Vector {
  readonly nick: string
  readonly password: string
  /** The nonce of the request `challenge`. */
  readonly clientNonce: string
  /** What the reply `challenge` says. */
  readonly nonce: string
  readonly salt: string
  readonly iterations: number
  /** What `login` and `welcome` have to say. */
  readonly proof: string
  readonly signature: string
}

const exchange = {
  requirements: ["SCRAM-2"],
  nick: "user",
  clientNonce: "rOprNGfwEbeRWgbNEkqO",
  nonce: "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
  salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
  iterations: 4_096
} as const

const prepared = {
  ...exchange,
  requirements: ["SCRAM-2", "PASSWORD-4"],
  nick: "ana",
  proof: "TRWqiMlkrS2GqXnJT0ZagIlmu5HxKAgjnBMu++/8UMQ=",
  signature: "q1ShKG03Bj9uwIksim32iymVB3uZX0/IjorpFyHZQi0="
} as const

/** What both sides compute of a challenge. */
export const scram: VectorFile<ScramVector> = {
  title: "SCRAM",
  description: [
    "{proof} is what a client that knows {password} sends to the challenge {nonce, salt, iterations} that it has got for {nick} and {clientNonce}; {signature} is what the server answers.",
    "The first is the exchange of RFC 7677, section 3. In the others, {password} is what somebody types, which is prepared before it is hashed."
  ],
  protocol: 1,
  vectors: [
    {
      name: "RFC 7677",
      ...exchange,
      password: "pencil",
      proof: "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
      signature: "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
    },
    { name: "letters in form NFC", ...prepared, password: "contrase\u00f1a del caf\u00e9" },
    { name: "the same in form NFD", ...prepared, password: "contrasen\u0303a del cafe\u0301" },
    { name: "the same with other spaces", ...prepared, password: "contrase\u00f1a\u00a0del\u3000caf\u00e9" }
  ]
}
