/**
 * What the page says, in Spanish.
 *
 * @module
 */
import { deedWords } from "@tertulia/client/web"
import type { Words } from "./en.ts"

export const es: Words = {
  brand: "Tertulia",
  tagline: "Un registro por sala, y todos ven lo mismo.",
  welcome: {
    title: "Entra",
    nick: "Tu nick",
    hint: "de 1 a 32 de a-z, 0-9, _ y -",
    bad: "Un nick tiene de 1 a 32 de a-z, 0-9, _ y -, y empieza por una letra o una cifra.",
    enter: "Entrar",
    about: "Sin cuenta ni contraseña: un nick es tuyo mientras estés aquí.",
    elsewhere: "Esta persona ya está aquí en otra pestaña de este navegador.",
    takeOver: "Seguir en esta pestaña",
    another: "Otro nick"
  },
  rooms: {
    title: "Salas",
    direct: "Directos",
    join: "Entra en una sala o crea una",
    placeholder: "#sala o @nick",
    go: "Ir",
    all: "Todas las salas de este servidor",
    none: "Todavía no hay salas. Nombra una, y existe.",
    people: (count) => (count === 1 ? "1 persona" : `${count} personas`),
    unread: (count) => `${count} sin leer`,
    mentions: (count) => `${count} te nombran`,
    switch: "Ir a una sala o a una persona",
    find: "Busca una sala o una persona",
    bad: "Una sala es # y un nombre, una persona @ y un nick: de a-z, 0-9, _ y -.",
    leave: "Salir",
    open: "Mostrar las salas",
    close: "Ocultar las salas"
  },
  room: {
    emptyTitle: (name) => `Aquí empieza ${name}`,
    empty: "Nadie ha dicho nada todavía. Escribe la primera línea abajo.",
    directTitle: (name) => `Tú y ${name}`,
    directEmpty: "Solo vosotros dos leéis lo que se dice aquí.",
    nowhereTitle: "No estás en ninguna sala",
    nowhere: "Elige una a la izquierda, o nombra una nueva.",
    topic: "Tema",
    setTopic: "Poner el tema",
    noTopic: "Sin tema todavía",
    older: "Leyendo entradas anteriores",
    beginning: "El principio",
    newSince: "Nuevo",
    jump: (count) => (count === 0 ? "Ir a lo último" : `${count} ${count === 1 ? "nuevo" : "nuevos"} · ir a lo último`),
    several: (count) => `${count} mensajes nuevos`,
    gone: (count, forever) =>
      `${count === 1 ? "1 entrada" : `${count} entradas`} que ${forever ? "el servidor ya no guarda" : "no se pueden mostrar"}`,
    out: "Ya no estás en esta sala:",
    rejoin: "Volver a entrar",
    log: (name) => `Lo que se dice en ${name}`,
    typing: (nicks) =>
      nicks.length === 1
        ? `${nicks[0]} está escribiendo`
        : nicks.length === 2
          ? `${nicks[0]} y ${nicks[1]} están escribiendo`
          : `${nicks.length} personas están escribiendo`,
    changedTopic: (nick, text) => (text === "" ? `${nick} ha quitado el tema` : `${nick} ha puesto el tema: ${text}`),
    deed: deedWords.es
  },
  message: {
    pending: "enviando",
    failed: "sin enviar",
    unknown: "quizá enviado, quizá no",
    retry: "Enviar otra vez",
    discard: "Descartar",
    deleted: "borrado",
    edited: "editado",
    react: "Reaccionar",
    reply: "Responder",
    edit: "Editar",
    remove: "Borrar",
    link: "Copiar enlace",
    copied: "Enlace copiado",
    sure: "¿Borrar este mensaje para todos?",
    answers: (nick) => `responde a ${nick}`,
    answersOld: "responde a un mensaje anterior",
    actions: "Qué hacer con este mensaje",
    reaction: (reaction, count) => `${reaction}, ${count}`,
    other: "Otra reacción",
    label: (from, time, text) => `${from}, ${time}: ${text}`
  },
  composer: {
    label: (name) => `Escribe en ${name}`,
    send: "Enviar",
    replying: (nick) => `Respondes a ${nick}`,
    editing: "Editas tu mensaje",
    cancel: "Cancelar",
    save: "Guardar",
    tooLong: (over) => `sobran ${over} bytes`,
    notIn: "No estás en esta sala."
  },
  state: {
    connecting: "Conectando",
    catching: "Leyendo lo que se dijo entretanto",
    live: "Conectado",
    offline: "Sin conexión",
    again: (seconds) => `Nuevo intento en ${seconds} s.`,
    kept: "Lo que escribas se guarda, y se envía al volver.",
    waiting: (count) => (count === 1 ? "1 mensaje espera." : `${count} mensajes esperan.`),
    stopped: "La página no lo intenta más por sí sola.",
    reload: "Intentarlo ahora"
  },
  trouble: {
    Unreachable: "No se llega al servidor.",
    NotTertulia: "Lo que responde allí no habla esta versión de Tertulia.",
    NotKept: "Este navegador no puede guardar lo que escribes:",
    replaced: "Has seguido en otra ventana.",
    lost: "Se perdió la conexión.",
    silent: "El servidor lleva demasiado tiempo en silencio.",
    nonsense: "El servidor rompió el protocolo.",
    codes: {
      "bad-json": "la línea no es un objeto JSON",
      "bad-request": "falta un campo, o no es como debe",
      unsupported: "este servidor no sabe hacer eso",
      "login-first": "primero hay que entrar",
      "already-logged-in": "ya habías entrado",
      "bad-name": "un nombre tiene de 1 a 32 de a-z, 0-9, _ y -, y empieza por una letra o una cifra",
      "bad-text": "el texto está vacío o tiene un carácter prohibido",
      "too-long": "el texto es demasiado largo",
      "session-expired": "la sesión ha terminado",
      "nick-taken": "otra persona tiene este nick",
      "key-reused": "con esta clave ya se envió otro texto",
      "no-such-nick": "nadie tiene este nick",
      "no-such-room": "la sala no existe",
      "not-joined": "no estás en esta sala",
      "already-joined": "ya estás en esta sala",
      "no-such-entry": "no hay tal mensaje",
      forbidden: "solo quien escribió el mensaje puede hacer eso",
      "limit-reached": "se alcanzó un límite del servidor",
      unavailable: "el servidor no puede ahora"
    }
  },
  people: {
    title: "Personas",
    show: "Mostrar las personas",
    hide: "Ocultar las personas",
    you: "tú",
    none: "No hay nadie más.",
    write: (nick) => `Escribir a ${nick}`,
    status: "Cómo estás",
    display: "Nombre que se muestra",
    text: "Qué haces",
    save: "Guardar",
    active: "activo",
    busy: "ocupado",
    idle: "inactivo",
    away: "ausente",
    offline: "desconectado"
  },
  wire: {
    title: "Cable",
    show: "Mostrar el cable",
    hide: "Ocultar el cable",
    about: "Cada mensaje del protocolo según va y viene, con la frase de la especificación que sigue.",
    lines: "Lo que ha pasado",
    empty: "Todavía no ha pasado nada.",
    sent: "enviado",
    received: "recibido",
    pause: "Pausa",
    resume: "Seguir",
    clear: "Limpiar",
    pings: "Latidos",
    more: "Frases",
    bytes: (count) => `${count} bytes`,
    follow: "Lo último"
  },
  search: {
    title: "Buscar",
    placeholder: "Palabras",
    here: (name) => `En ${name}`,
    everywhere: "En todas tus salas",
    none: "No se encontró nada.",
    hint: "Deben aparecer todas las palabras. Lo más nuevo va primero.",
    more: "Más",
    searching: "Buscando",
    found: (count, more) => `${count}${more ? "+" : ""} ${count === 1 ? "encontrado" : "encontrados"}`
  },
  settings: {
    title: "Ajustes",
    theme: "Colores",
    system: "como el sistema",
    light: "claro",
    dark: "oscuro",
    language: "Idioma",
    notify: "Avisarme cuando me nombren o me escriban",
    notifyDenied: "El navegador no lo permite.",
    notifyBusy: "En silencio mientras estés ocupado.",
    leave: "Salir, como",
    shortcuts: "Teclado"
  },
  keys: {
    title: "Teclado",
    switch: "Ir a una sala o a una persona",
    rooms: "Sala anterior y siguiente",
    unread: "Sala sin leer anterior y siguiente",
    regions: "Siguiente parte de la página",
    log: "En el registro: mensaje anterior y siguiente, primero, último",
    enter: "Dentro de un mensaje, y fuera",
    edit: "Editar tu último mensaje, en una línea vacía",
    newline: "Línea nueva",
    search: "Buscar",
    sheet: "Esta hoja"
  },
  close: "Cerrar",
  skip: "Saltar a escribir",
  today: "Hoy",
  yesterday: "Ayer"
}
