/**
 * The words of the reports and of the command line in Spanish.
 *
 * @module
 */
import { aboutOf } from "../report/evidence.ts"
import type { Words } from "./words.ts"

/** `1 prueba`, `2 pruebas`. */
const counted = (count: number, one: string, several: string): string => `${count} ${count === 1 ? one : several}`

const notKept = (ids: ReadonlyArray<string>): string =>
  ids.length === 0 ? "" : `; no se ${ids.length === 1 ? "cumple" : "cumplen"}: ${ids.join(", ")}`

const bound = { server: "a los servidores", client: "a los clientes", both: "a servidores y clientes" } as const

export const spanish: Words = {
  labels: {
    target: "objetivo",
    client: "cliente",
    server: "servidor",
    seed: "semilla",
    profiles: "perfiles",
    limits: "límites",
    roundTrip: "latencia",
    with: "con",
    again: "repetir",
    sent: "enviado",
    expected: "esperado",
    got: "llegó",
    hint: "pista",
    where: "dónde",
    binds: "obliga",
    untestable: "sin prueba",
    judgedBy: "la juzga",
    sanitizer: "sanitizer",
    output: "salida"
  },
  reference: (address) => `${address} (el servidor de referencia, arrancado para esta corrida)`,
  overTls: (target) => `${target}, por TLS`,
  noHello: "no envía un `hello` válido, así que la mayoría de las pruebas queda bloqueada",
  protocol: (server, protocol) => `${server}, protocolo ${protocol}`,
  heartbeat: (seconds) => `latido ${seconds} s`,
  pace: (millis, seed, parallel) => `${millis} ms; semilla ${seed}; hasta ${parallel} pruebas a la vez`,

  progress: (done, planned) => `${done} de ${planned}`,
  nothingSelected: "nada seleccionado",
  alone: (tests, deaths) =>
    `el objetivo murió ${counted(deaths, "vez", "veces")}: las ${tests} pruebas que pueden haberlo causado corren otra vez, de una en una`,
  count: (verdict, tests) => {
    switch (verdict) {
      case "passed":
        return counted(tests, "aprobada", "aprobadas")
      case "failed":
        return counted(tests, "fallida", "fallidas")
      case "warned":
        return counted(tests, "con advertencia", "con advertencia")
      case "flaky":
        return counted(tests, "inestable", "inestables")
      case "expected failure":
        return counted(tests, "falla esperada", "fallas esperadas")
      case "stale expected failure":
        return counted(tests, "falla esperada que sobra", "fallas esperadas que sobran")
      case "not claimed":
        return counted(tests, "no declarada", "no declaradas")
      case "blocked":
        return counted(tests, "bloqueada", "bloqueadas")
      case "not run":
        return counted(tests, "sin correr", "sin correr")
      case "inconclusive":
        return counted(tests, "sin veredicto", "sin veredicto")
    }
  },

  heading: {
    passed: "APROBADA",
    failed: "FALLIDA",
    warned: "ADVERTENCIA",
    flaky: "INESTABLE",
    "expected failure": "FALLA ESPERADA",
    "stale expected failure": "SOBRA EN LA LISTA",
    "not claimed": "NO DECLARADA",
    blocked: "BLOQUEADAS",
    "not run": "SIN CORRER",
    inconclusive: "SIN VEREDICTO"
  },
  stale: (file, subject, complaint, reason) => `${file}: ${subject} («${reason}»): ${complaint}. Quite la entrada.`,
  fault: "FALLA DE LA SUITE",
  notRun: (title, reason) => `sin correr: «${title}»: ${reason}`,
  note: (sentence) => `nota: ${sentence}`,
  andMore: (tests) => ` y ${tests} más`,
  sameReason: (tests, titles) => `y ${tests} más por la misma razón: ${titles}`,
  hiddenChunks: (chunks) => `... ${chunks} trozos ...`,
  hiddenTranscripts: (connections) => `${counted(connections, "conexión", "conexiones")} más: vea --report html`,
  story: (requirement, lines, ofLines, lanes, ofLanes) =>
    `lo mínimo en que aún se incumple ${requirement}: ${lines} de ${ofLines} líneas, ${lanes} de ${ofLanes} conexiones; > enviado, < recibido`,
  broke: "la conexión se corta",
  hits: (broken, runs) => `al repetirlo, falló ${broken} de ${runs} veces`,
  history: (file) => `todo lo registrado: npm run conformance -- judge ${file}`,
  aboutHistory:
    "Juzga una historia que registró una ejecución, sin servidor: sale con 0 si no incumple nada, 1 si incumple algo, 2 si no es una historia.",
  historyFile: "El archivo: history-1.json en la carpeta de los informes",
  historyJudged: (lanes, lines, judged, broken) =>
    `${lines} líneas de ${lanes} conexiones; ${judged} requisitos juzgados${broken.length === 0 ? ", ninguno incumplido" : `; incumplidos: ${broken.join(", ")}`}`,
  legend: (port) =>
    `${port === undefined ? "> tecleado, < mostrado" : `puerto ${port} de la suite; > enviado, < llegado`}; una línea por trozo`,
  port: (port) => `puerto ${port ?? "desconocido"}`,

  tests: (tests) => counted(tests, "prueba", "pruebas"),
  tested: (tests, seconds, counts) => `${counted(tests, "prueba", "pruebas")} en ${seconds} s: ${counts}`,
  judged: (judged, binding, who, broken) =>
    `juzgados ${judged} de los ${binding} requisitos que obligan ${bound[who]}${notKept(broken)}`,
  causes: ({ causes, first, red }) =>
    `${counted(causes, "causa", "causas")}, ${counted(red, "prueba", "pruebas")}${first === undefined ? "" : `; empiece por ${aboutOf(first)}: ${first.again}`}`,
  conformant: (profiles, notRun, expected) =>
    `conforme: ${profiles}${notRun > 0 ? `, salvo ${counted(notRun, "prueba", "pruebas")} sin correr` : ""}${expected > 0 ? `, salvo ${counted(expected, "falla esperada", "fallas esperadas")}` : ""}`,
  notConformant: (profiles) => `no conforme: ${profiles}`,
  failToo: (tests, titles) => `${counted(tests, "prueba más falla", "pruebas más fallan")}: ${titles}`,
  score: ({ earned, lost, open, total }) =>
    `puntaje: ${earned} de ${earned + lost} puntos que se pudieron juzgar; quedan abiertos ${open} de ${total}`,
  couldNotJudge: (tests) => `no se pudo juzgar: no se seleccionó nada (${counted(tests, "prueba", "pruebas")})`,
  suiteAtFault: "la culpa es de la suite: esto no dice nada del objetivo",

  columns: { requirement: "Requisito", sentence: "Oración", tests: "Pruebas fallidas" },

  line: (link, line) => `${link} (línea ${line})`,
  bound: (who, profile) => `${bound[who]}, perfil ${profile}`,
  ofClients: (chapter) => `clientes, ${chapter}`,
  kind: { dialogue: "diálogo", scenario: "escena", vector: "vector", property: "propiedad" },
  noTest: "ninguna prueba todavía",

  about:
    "Juzga un servidor de Tertulia, o un cliente, según la especificación. Códigos de salida: 0 conforme, 1 no, 2 no se pudo juzgar, 3 una falla de la suite.",
  options: {
    target:
      "El servidor que se juzga; varios son los servidores de una misma tertulia, a los que los clientes llegan por turno (puede repetirse); sin esta opción, el de referencia, arrancado en un puerto libre",
    tls: "Habla TLS con el servidor, y juzga también eso",
    ca: "Con --tls, o una URL wss:, un archivo de certificados en PEM que pueden haber firmado el del servidor, o ese mismo certificado",
    insecure: "Con --tls: acepta cualquier certificado",
    ws: "Juzgar por WebSocket: ws://host:puerto/ruta, o wss: de un servidor que ya corre. Con --start, y para el servidor de referencia, {port} es el puerto libre",
    start:
      "Un comando que arranca el servidor que se juzga; {port} se reemplaza por un puerto libre. La suite puede entonces pararlo, matarlo y volver a arrancarlo. Varios arrancan los servidores de una misma tertulia, a los que los clientes llegan por turno (puede repetirse); {name} se reemplaza en todos por un nombre que es solo de ellos",
    build: "Un comando que se ejecuta antes, como make",
    watch:
      "Con --start: compila, arranca y juzga otra vez cada vez que cambia un archivo fuente, primero lo que falló la última vez",
    "watch-path": "Con --watch: un archivo o carpeta que mirar, en lugar de la carpeta actual (puede repetirse)",
    client: "El cliente que se juzga en su lugar: un comando, al que se le agrega host:puerto",
    list: "Muestra las pruebas que correrían, con lo que juzgan",
    explain: "Muestra un requisito, dónde está y qué lo juzga",
    grep: "Solo las pruebas cuyo título contiene este texto, en cualquiera de los idiomas",
    requirement: "Solo las pruebas que juzgan este requisito (se puede repetir)",
    profile: "Solo las pruebas de este perfil (se puede repetir)",
    seed: "La semilla de todo el azar; cada corrida muestra la suya",
    path: "Con --seed: el camino a un contraejemplo de una propiedad",
    runs: "Cuántas veces corre cada propiedad (20)",
    parallel: "Pruebas a la vez (8)",
    "timeout-scale": "Multiplica todos los plazos; para objetivos lentos y depuradores (1)",
    shuffle: "Corre capítulos y pruebas en un orden sorteado con la semilla, en vez del orden de la especificación",
    bail: "Se detiene en la primera falla",
    "known-failures": "Una lista de lo que se sabe que falla (JSON); lo que sobra en ella es rojo",
    "known-flaky": "Una lista de pruebas que pueden fallar de vez en cuando (JSON)",
    score: "Cuánto vale cada requisito (JSON), para un curso",
    report: "Informes que se escriben además del de la terminal",
    out: "Dónde se escriben los informes (conformance-report)",
    lang: "El idioma de lo que se dice; sin esta opción, el de la configuración regional",
    quiet: "No muestra nada más que errores"
  },
  metavars: {
    address: "host:puerto",
    url: "URL",
    command: "comando",
    text: "texto",
    name: "nombre",
    number: "número",
    integer: "entero",
    path: "camino",
    file: "archivo",
    folder: "carpeta"
  },
  help: {
    description: "DESCRIPCIÓN",
    usage: "USO",
    flags: "OPCIONES",
    globalFlags: "OPCIONES GENERALES",
    subcommands: "OTROS COMANDOS",
    arguments: "ARGUMENTOS",
    anyFlags: "[opciones]",
    anySubcommand: "[comando]",
    choices: "una de",
    help: "Muestra esta ayuda",
    version: "Muestra la versión"
  },
  proxy: {
    inShort: "Juzga y graba lo que pasa entre clientes y un servidor",
    about:
      "Se pone entre clientes y un servidor, no altera ningún byte y dice quién incumple qué requisito. Ctrl-C lo termina. Códigos de salida: 0 no se incumplió nada, 1 sí, 2 no pudo escuchar.",
    options: {
      listen: "Dónde se conectan los clientes; el puerto 0 es uno libre",
      target: "El servidor, al que se le pasa cada conexión",
      out: "Dónde se graba todo lo que pasa, como JSON Lines",
      quiet: "Muestra solo lo que se incumple, y no el tráfico"
    },
    listening: (listen, target) => `escucha en ${listen} y pasa todo a ${target}; Ctrl-C lo termina`,
    notRecorded: (file, reason) => `--out ${file}: no se graba nada más: ${reason}`
  },
  replay: {
    inShort: "Envía de nuevo una grabación, o la juzga tal como está",
    about:
      "Envía de nuevo lo que los clientes enviaron por el proxy, juzga lo que llega y lo compara con lo que llegó entonces. Sin --target juzga la grabación tal como está. Códigos de salida: 0 no se incumplió nada, 1 sí, 2 no se pudo repetir.",
    transcript: "Lo que el proxy grabó con --out",
    options: {
      target: "El servidor al que se le envía de nuevo",
      fresh: "Con nombres que nadie ha tenido, para un servidor donde hay gente",
      out: "Dónde se graba todo lo que pasa esta vez, como JSON Lines",
      quiet: "Muestra solo lo que se incumple o difiere, y no el tráfico"
    },
    differs: (connection, nth) => `DISTINTA  respuesta ${nth} en la conexión ${connection}`,
    labels: { recorded: "grabado", now: "ahora" },
    nothing: "nada",
    replies: (replies, differing) =>
      `${counted(replies, "respuesta", "respuestas")}, ${differing === 0 ? "todas como se grabaron" : `de las que ${counted(differing, "difiere", "difieren")}`}`,
    notAwaited: (times) =>
      `se dejó de esperar ${counted(times, "vez", "veces")}: lo que llegó en la grabación no llegó, y el trozo siguiente se envió igual`
  },
  traffic: {
    side: { client: "cliente", server: "servidor" },
    opened: (peer) => `abierta por ${peer}`,
    unreachable: (reason) => `no se puede llegar al servidor, así que se cierra al cliente: ${reason}`,
    ended: (side) => `FIN del ${side === "server" ? "servidor" : "cliente"}`,
    reset: (side) => `RST del ${side === "server" ? "servidor" : "cliente"}`,
    closed: "cerrada",
    notUtf8: "(una línea que no es UTF-8)",
    accused: (side, isBinding, connection, nick) =>
      `${isBinding ? "NO CUMPLE" : "NO SIGUE"} el ${side === "server" ? "servidor" : "cliente"}, en la conexión ${connection}${nick === undefined ? "" : ` (${nick})`}`,
    seen: (connections, { client, server }) =>
      `${counted(connections, "conexión", "conexiones")}; ${counted(client, "línea", "líneas")} de los clientes, ${server} del servidor`,
    leftOut: (connections) =>
      `${counted(connections, "conexión se juzgó", "conexiones se juzgaron")} solo por sí: no es seguro qué se hizo allí, o fue demasiado`,
    nothingBroken: "no se vio nada que incumpla un requisito",
    broken: (side, ids) =>
      `${side === "server" ? "el servidor no cumple" : "los clientes no cumplen"}: ${ids.join(", ")}`
  },
  seeHelp: (fault) => `${fault} (--help muestra las opciones)`,
  suiteFault: (cause) => `una falla de la suite: ${cause}`
}
