/**
 * The words of the reports and of the command line in English.
 *
 * @module
 */
import { aboutOf } from "../report/evidence.ts"
import { verdicts } from "../verdict.ts"
import type { Words } from "./words.ts"

const capitals = <Names extends string>(names: ReadonlyArray<Names>) =>
  Object.fromEntries(names.map((name) => [name, name.toUpperCase()])) as Record<Names, string>

/** `1 test`, `2 tests`. */
export const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? "" : "s"}`

export const english: Words = {
  labels: {
    target: "target",
    client: "client",
    server: "server",
    seed: "seed",
    profiles: "profiles",
    limits: "limits",
    roundTrip: "round trip",
    with: "with",
    again: "again",
    sent: "sent",
    expected: "expected",
    got: "got",
    hint: "hint",
    where: "where",
    binds: "binds",
    untestable: "untestable",
    judgedBy: "judged by",
    sanitizer: "sanitizer",
    output: "output"
  },
  reference: (address) => `${address} (the reference server, started for this run)`,
  overTls: (target) => `${target}, over TLS`,
  noHello: "sends no valid `hello`, so most tests are blocked",
  protocol: (server, protocol) => `${server}, protocol ${protocol}`,
  heartbeat: (seconds) => `heartbeat ${seconds} s`,
  pace: (millis, seed, parallel) => `${millis} ms; seed ${seed}; up to ${parallel} tests at once`,

  progress: (done, planned) => `${done} of ${planned}`,
  nothingSelected: "nothing selected",
  alone: (tests, deaths) =>
    `the target died ${deaths === 1 ? "once" : `${deaths} times`}: the ${tests} tests that may have done it run again, one at a time`,
  count: (verdict, tests) => `${tests} ${verdict}`,

  heading: capitals(verdicts),
  stale: (file, subject, complaint, reason) => `${file}: ${subject} (“${reason}”): ${complaint}. Take the entry out.`,
  fault: "FAULT OF THE SUITE",
  notRun: (title, reason) => `not run: "${title}": ${reason}`,
  note: (sentence) => `note: ${sentence}`,
  andMore: (tests) => ` and ${tests} more`,
  sameReason: (tests, titles) => `and ${tests} more for the same reason: ${titles}`,
  hiddenChunks: (chunks) => `... ${chunks} chunks ...`,
  hiddenTranscripts: (connections) => `${counted(connections, "more connection")}: see --report html`,
  story: (requirement, lines, ofLines, lanes, ofLanes) =>
    `the least in which ${requirement} is broken still: ${lines} of ${ofLines} lines, ${lanes} of ${ofLanes} connections; > sent, < came`,
  broke: "the connection breaks",
  hits: (broken, runs) => `told again, it failed ${broken} of ${runs} times`,
  history: (file) => `all that was recorded: npm run conformance -- judge ${file}`,
  aboutHistory:
    "Judges a history that a run has recorded, without a server: exit 0 when it breaks nothing, 1 when it does, 2 when it is none.",
  historyFile: "The file: history-1.json in the folder of the reports",
  historyJudged: (lanes, lines, judged, broken) =>
    `${lines} lines of ${lanes} connections; ${judged} requirements judged${broken.length === 0 ? ", none broken" : `; broken: ${broken.join(", ")}`}`,
  legend: (port) =>
    `${port === undefined ? "> typed, < shown" : `the suite's port ${port}; > sent, < came`}, one line per chunk`,
  port: (port) => `port ${port ?? "unknown"}`,

  tests: (tests) => `${tests} tests`,
  tested: (tests, seconds, counts) => `${counted(tests, "test")} in ${seconds} s: ${counts}`,
  judged: (judged, binding, who, broken) =>
    `${judged} of ${binding} requirements on ${who}s judged${broken.length === 0 ? "" : `; broken: ${broken.join(", ")}`}`,
  causes: ({ causes, first, red }) =>
    `${counted(causes, "cause")}, ${counted(red, "test")}${first === undefined ? "" : `; begin with ${aboutOf(first)}: ${first.again}`}`,
  conformant: (profiles, notRun, expected) =>
    `conformant: ${profiles}${notRun > 0 ? `, but for ${notRun} tests not run` : ""}${expected > 0 ? `, but for ${expected} expected failures` : ""}`,
  notConformant: (profiles) => `not conformant: ${profiles}`,
  failToo: (tests, titles) => `${tests} more ${tests === 1 ? "test fails" : "tests fail"}: ${titles}`,
  score: ({ earned, lost, open, total }) =>
    `score: ${earned} of ${earned + lost} points that could be judged; ${open} of ${total} are open`,
  couldNotJudge: (tests) => `could not judge: nothing was selected (${tests} tests)`,
  suiteAtFault: "the suite is at fault: this says nothing about the target",

  columns: { requirement: "Requirement", sentence: "Sentence", tests: "Tests that failed" },

  line: (link, line) => `${link} (line ${line})`,
  bound: (who, profile) => `${who === "both" ? "servers and clients" : `${who}s`}, profile ${profile}`,
  ofClients: (chapter) => `clients, ${chapter}`,
  kind: { dialogue: "dialogue", scenario: "scenario", vector: "vector", property: "property" },
  noTest: "no test yet",

  about:
    "Judges a Tertulia server, or a client, against the spec. Exit codes: 0 conformant, 1 not, 2 could not judge, 3 a fault of the suite.",
  options: {
    target:
      "The server to judge; several are the servers of one tertulia, to each of which clients come in its turn (may be repeated); without it, the reference server is started on a free port",
    tls: "Speak TLS with the target, and judge that as well",
    ca: "With --tls, or a wss: URL: a file of certificates in PEM that may have signed the target's, or that certificate itself",
    insecure: "With --tls, or a wss: URL: take any certificate",
    ws: "Judge over WebSocket: ws://host:port/path, or wss: of a server that runs. With --start, and for the reference server, {port} in it is the free port",
    start:
      "A command that starts the server to judge; {port} in it becomes a free port. It may then be stopped, killed and restarted. Several start the servers of one tertulia, to each of which clients come in its turn (may be repeated); {name} in each becomes a name that is theirs alone",
    build: "A command that is run first, as make",
    watch: "With --start: build, start and judge again whenever a source has changed, what failed last first",
    "watch-path": "With --watch: a file or folder to look at, in place of the present folder (may be repeated)",
    client: "The client to judge instead: a command, to which host:port is appended",
    list: "Print the tests that would run, with what they judge",
    explain: "Print a requirement, where it stands, and what judges it",
    grep: "Only tests whose title contains this text",
    requirement: "Only tests that judge this requirement (may be repeated)",
    profile: "Only tests of this profile (may be repeated)",
    seed: "The seed of all chance; each run prints its own",
    path: "With --seed: the way to one counterexample of a property",
    runs: "How often each property runs (20)",
    parallel: "Tests at once (8)",
    "timeout-scale": "Multiplies every deadline; for slow targets and debuggers (1)",
    shuffle: "Run chapters and tests in an order drawn from the seed, instead of the spec's",
    bail: "Stop after the first failure",
    "known-failures": "A list of what is known to fail (JSON); what fails in vain is red",
    "known-flaky": "A list of tests that may fail now and then (JSON)",
    score: "What each requirement is worth (JSON), for a course",
    report: "Reports to write besides the terminal's",
    out: "Where the reports are written (conformance-report)",
    lang: "The language of what is said; without it, that of the locale",
    quiet: "Print nothing but errors"
  },
  metavars: {
    address: "host:port",
    url: "URL",
    command: "command",
    text: "text",
    name: "name",
    number: "number",
    integer: "integer",
    path: "path",
    file: "file",
    folder: "folder"
  },
  help: {
    description: "DESCRIPTION",
    usage: "USAGE",
    flags: "FLAGS",
    globalFlags: "GLOBAL FLAGS",
    subcommands: "OTHER COMMANDS",
    arguments: "ARGUMENTS",
    anyFlags: "[flags]",
    anySubcommand: "[command]",
    choices: "choices",
    help: "Show help information",
    version: "Show version information"
  },
  proxy: {
    inShort: "Judges and records what passes between clients and a server",
    about:
      "Stands between clients and a server, alters no byte, and says who breaks which requirement. Ctrl-C ends it. Exit codes: 0 nothing was broken, 1 something was, 2 it could not listen.",
    options: {
      listen: "Where clients connect; port 0 is a free one",
      target: "The server, to which every connection is handed on",
      out: "Where all that passes is recorded, as JSON Lines",
      quiet: "Print only what is broken, and not the traffic"
    },
    listening: (listen, target) => `listening on ${listen}, handing on to ${target}; Ctrl-C ends it`,
    notRecorded: (file, reason) => `--out ${file}: nothing more is recorded: ${reason}`
  },
  replay: {
    inShort: "Sends a recording again, or judges it as it is",
    about:
      "Sends again what clients have sent through the proxy, judges what comes, and compares it with what came then. Without --target it judges the recording as it is. Exit codes: 0 nothing was broken, 1 something was, 2 it could not be replayed.",
    transcript: "What the proxy has recorded by --out",
    options: {
      target: "The server to which it is sent again",
      fresh: "Under names that nobody has had, for a server where people are",
      out: "Where all that passes this time is recorded, as JSON Lines",
      quiet: "Print only what is broken or differs, and not the traffic"
    },
    differs: (connection, nth) => `DIFFERENT  reply ${nth} on connection ${connection}`,
    labels: { recorded: "recorded", now: "now" },
    nothing: "nothing",
    replies: (replies, differing) =>
      differing === 0 ? `${replies} replies, all as recorded` : `${replies} replies, of which ${differing} differ`,
    notAwaited: (times) =>
      `given up ${times} times: what had come in the recording did not come, and the next chunk was sent all the same`
  },
  traffic: {
    side: { client: "client", server: "server" },
    opened: (peer) => `opened by ${peer}`,
    unreachable: (reason) => `the target can't be reached, so the client is closed: ${reason}`,
    ended: (side) => `FIN of the ${side}`,
    reset: (side) => `RST of the ${side}`,
    closed: "closed",
    notUtf8: "(a line that is not UTF-8)",
    accused: (side, isBinding, connection, nick) =>
      `${isBinding ? "BROKEN" : "NOT FOLLOWED"} by the ${side}, on connection ${connection}${nick === undefined ? "" : ` (${nick})`}`,
    seen: (connections, { client, server }) =>
      `${connections} connections; ${client} lines of clients, ${server} of the server`,
    leftOut: (connections) =>
      `${connections} connections were judged only by themselves: it isn't sure what was done there, or there was too much`,
    nothingBroken: "nothing was seen that breaks a requirement",
    broken: (side, ids) => `broken by ${side === "server" ? "the server" : "clients"}: ${ids.join(", ")}`
  },
  seeHelp: (fault) => `${fault} (--help lists the options)`,
  suiteFault: (cause) => `a fault of the suite: ${cause}`
}
