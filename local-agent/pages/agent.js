/**
 * The agent's page: what a ticket asks for, done with a key and its PIN; without a ticket, the self-check. All that is
 * shown comes in as text and stays text.
 */
import { texts } from "./texts.js";

const EVERY_MS = 1000;
const proof = document.querySelector("meta[name=sealkey-page]").content;
const main = document.getElementById("main");

let language = sessionStorage.getItem("language") ?? (/^zh\b/i.test(navigator.language) ? "zh" : "en");
/** What is shown: drawn again when the language changes. */
let draw = () => main.replaceChildren(h("p", {}, t("page.loading")));
let polling = 0;

// ---------------------------------------------------------------- words

function t(name, values = {}) {
  return (texts[language][name] ?? name).replace(/\{(\w+)\}/g, (_, key) => told(key, values[key]));
}

/** A value as a person reads it. */
function told(key, value) {
  switch (key) {
    case "not_after":
      return new Date(value).toLocaleString(language === "zh" ? "zh-CN" : "en-GB", {
        dateStyle: "long",
        timeStyle: "short",
      });
    case "tries":
      return t(`tries.${value}`);
    case "minutes":
    case "seconds":
      return String(Math.abs(value));
    default:
      return value == null || value === "" ? "—" : String(value);
  }
}

function h(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) {
      node.addEventListener(name.slice(2), value);
    } else if (value !== false && value != null) {
      node.setAttribute(name, value === true ? "" : value);
    }
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

function button(text, onclick, more = {}) {
  return h("button", { type: "button", onclick, ...more }, text);
}

function facts(...rows) {
  return h("dl", {}, ...rows.filter(Boolean).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function trouble(it) {
  return alarm(t(`trouble.${it.code}`, it), way(it));
}

/** The way out: that of the verb under way, where it has one of its own. */
function way(it) {
  const own = `way.${now?.verb}.${it.code}`;
  return t(own in texts[language] ? own : `way.${it.code}`, it);
}

function alarm(what, way) {
  return h("div", { class: "trouble", role: "alert" }, h("p", { class: "what" }, what), h("p", {}, way));
}

// ---------------------------------------------------------------- the agent

/** What the agent said no to. */
class Refused extends Error {
  constructor(it) {
    super(it.code);
    this.trouble = it;
  }
}

/** A call that did not get through: the agent is gone, or was started anew. */
class Lost extends Error {}

async function call(verb, message = {}) {
  let answer;
  try {
    answer = await fetch(`/api/${verb}`, {
      method: "POST",
      mode: "same-origin",
      credentials: "omit",
      cache: "no-store",
      headers: { "content-type": "application/json", "x-sealkey-page": proof },
      body: JSON.stringify(message),
    });
  } catch {
    throw new Lost("page.gone");
  }
  if (answer.status === 403) {
    throw new Lost("page.stale");
  }
  const said = await answer.json().catch(() => {
    throw new Lost("page.gone");
  });
  if (!answer.ok) {
    throw new Refused(said.trouble);
  }
  return said;
}

function show(how) {
  draw = how;
  draw();
}

/** Shows why a call came to nothing. */
function failed(error) {
  clearTimeout(polling);
  shown.clear();
  if (error instanceof Refused) {
    show(() =>
      main.replaceChildren(
        h(
          "section",
          {},
          h("h1", {}, t("failed.title")),
          trouble(error.trouble),
          h("div", { class: "buttons" }, button(t("end.back"), begin)),
        ),
      ),
    );
  } else if (error instanceof Lost) {
    show(() =>
      main.replaceChildren(
        h(
          "section",
          {},
          alarm(t(error.message), t(`${error.message}Way`)),
          button(t("page.reload"), () => location.reload(), { class: "main" }),
        ),
      ),
    );
  } else {
    throw error;
  }
}

// ---------------------------------------------------------------- an operation

/** Verbs that leave a key as it is. */
const READS = ["inspect", "test", "login"];

/** What each part of the page shows, so that only what changed is drawn: a PIN that is being typed stays. */
const shown = new Map();
let chosen = "";
let now = null;

function operation(state) {
  clearTimeout(polling);
  now = state.operation;
  if (!now) {
    return check();
  }
  if (now.login) {
    // The site takes over, with what only this page was told. Nothing of it stays in the history.
    return location.replace(now.login);
  }
  show(parts);
  if (now.stage.kind === "asking" || now.stage.kind === "working") {
    polling = setTimeout(() => call("state").then(operation).catch(failed), EVERY_MS);
  }
}

function parts() {
  const { stage } = now;
  if (!shown.size) {
    main.replaceChildren(...["who", "keys", "stage"].map((id) => h("section", { id, "aria-live": "polite" })));
  }
  const usable = now.keys.filter((key) => !key.trouble);
  if (!usable.some((key) => key.serial === chosen)) {
    chosen = usable.length === 1 ? usable[0].serial : "";
  }
  const key = usable.find((one) => one.serial === chosen);
  const making = progress(now.making);
  const bought = served(now.serving);
  part("who", [now.company, now.site, now.verb, now.needed, now.desk, making, bought, stage.kind === "asking"], who);
  const asksKey = stage.kind === "asking" && now.verb !== "enrol";
  part("keys", asksKey ? [now.keys, chosen] : null, () => keys(usable));
  const how = [stage, stage.kind === "asking" ? (key ?? usable.length) : null, now.making, now.serving, now.code];
  part("stage", how, () => (WAYS[now.verb]?.[stage.kind] ?? STAGES[stage.kind])(stage, key));
}

function part(id, value, nodes) {
  const is = JSON.stringify([language, value]);
  if (shown.get(id) !== is) {
    shown.set(id, is);
    document.getElementById(id).replaceChildren(...(value === null ? [] : nodes()));
    document.getElementById(id).querySelector("[data-first]")?.focus();
  }
}

function who() {
  return [
    h("h1", {}, now.stage.kind === "asking" ? t("ask.title") : t(`verb.${now.verb}`)),
    facts(
      [t("ask.verb"), t(`verb.${now.verb}`)],
      now.company && [t("ask.company"), now.company],
      [t("ask.site"), now.site],
      now.desk && [t("ask.desk"), now.desk],
      ...progress(now.making),
      ...served(now.serving),
      now.making || now.desk ? null : [t("ask.needed"), now.needed ?? t(now.company ? "ask.any" : "ask.anyOwn")],
    ),
    READS.includes(now.verb) ? h("p", { class: "quiet" }, t("ask.changesNothing")) : null,
  ].filter(Boolean);
}

/** What was bought for the key. */
function served(serving) {
  return serving
    ? [
        [t("make.order"), `${serving.order} / ${serving.line}`],
        [t("make.product"), serving.product],
      ]
    : [];
}

/** What is made, and how far that is. */
function progress(making) {
  return making
    ? [
        [t("make.order"), `${making.order} / ${making.line}`],
        [t("make.product"), `${making.product}（${t(`medium.${making.medium}`)}）`],
        [t("make.made"), making.made == null ? t("make.of", making) : t("make.madeOf", making)],
        making.serial && [t("make.serial"), making.serial],
      ].filter(Boolean)
    : [];
}

function keys(usable) {
  const choice = usable.length > 1;
  const about = (key) =>
    h(
      "div",
      {},
      h("strong", {}, key.serial || "—"),
      ` ${[key.medium && t(`medium.${key.medium}`), key.label].filter(Boolean).join(" · ")}`,
      key.not_after && h("div", { class: "quiet" }, t("ask.until", key)),
      key.trouble && h("div", {}, h("span", { class: "what" }, t(`trouble.${key.trouble.code}`, key.trouble))),
      key.trouble && h("div", {}, way(key.trouble)),
    );
  const line = (key) => {
    if (!choice || key.trouble) {
      return h("li", {}, about(key));
    }
    const radio = h("input", {
      type: "radio",
      name: "key",
      checked: key.serial === chosen,
      onchange: () => {
        chosen = key.serial;
        draw();
      },
    });
    return h("li", {}, h("label", { class: "choice" }, radio, about(key)));
  };
  return [
    h("h2", {}, t("ask.keys")),
    now.keys.length ? null : h("p", {}, t("ask.noKeys")),
    choice ? h("p", {}, t("ask.choose")) : null,
    h("ul", {}, ...now.keys.map(line)),
  ].filter(Boolean);
}

const STAGES = {
  asking: (stage, key) => {
    const giveUp = button(t(now.serving?.kept ? "renew.later" : "ask.stop"), stop);
    const wrong = stage.trouble && trouble(stage.trouble);
    // Who unlocks a key types none of the PINs that it has, so that no try is spent.
    const spends = now.verb !== "unlock";
    if (!key) {
      const waiting = h("p", {}, t("ask.waiting"));
      return [wrong, waiting, h("div", { class: "buttons" }, giveUp)].filter(Boolean);
    }
    const problem = h("div", {});
    if (!stage.fields.length && wrong && stage.trouble.code === "transport_pin_wrong") {
      return [wrong, h("div", { class: "buttons" }, giveUp)];
    }
    const fields = key.pin.pad ? [] : stage.fields;
    const inputs = fields
      .flatMap((name) => (name === "new" ? ["new", "again"] : [name]))
      .map((name, at) => pinField(name, key, () => go.click(), at === 0));
    const typed = (name) => inputs.find((input) => input.name === name)?.secret();
    const go = button(
      t("ask.go"),
      async () => {
        const why = faulty(key, inputs, typed);
        problem.replaceChildren(...(why ? [why] : []));
        if (why || (spends && key.tries === "last" && inputs.length && !(await lastTry(key)))) {
          return;
        }
        go.disabled = giveUp.disabled = true;
        clearTimeout(polling);
        const message = { serial: key.serial, current: typed("current"), new: typed("new") };
        inputs.forEach((input) => input.clear());
        // Drawn anew whatever comes back: the same fault once more is news too.
        shown.delete("stage");
        answer({ ...message, last_try: key.tries === "last" });
      },
      { class: "main" },
    );
    return [
      wrong,
      spends && h("p", { class: key.tries === "many" ? "quiet" : "what" }, t(`tries.${key.tries}`)),
      ...inputs.map((input) => input.node),
      key.pin.pad && stage.fields.length ? h("p", {}, t("ask.pad")) : null,
      problem,
      h("div", { class: "buttons" }, go, giveUp),
    ].filter(Boolean);
  },

  working: (stage) => [
    h("h2", {}, t("work.title")),
    h("p", {}, t(`step.${stage.step}`)),
    h("progress", { value: stage.done, max: stage.of, "aria-label": t("work.title") }),
  ],

  done: ({ read }) =>
    [
      h("h2", {}, t("done.title")),
      read &&
        facts(
          [t("done.serial"), read.serial],
          [t("done.medium"), t(`medium.${read.medium}`)],
          [t("done.until"), told("not_after", read.not_after)],
        ),
      h("p", {}, t("done.text")),
      ...ended(),
    ].filter(Boolean),

  failed: (stage) => [h("h2", {}, t("failed.title")), trouble(stage.trouble), h("p", {}, t("failed.text")), ...ended()],
};

/** The code that the person types on the site. */
function code() {
  return now.code ? [h("p", {}, t("unlock.code")), h("p", { class: "code", id: "code" }, now.code)] : [];
}

/** Where a verb is asked and shown in its own way. */
const WAYS = {
  renew: {
    asking: (stage, key) => [
      h("p", {}, t(now.serving?.ending ? "renew.ending" : now.serving?.kept ? "renew.kept" : "renew.text")),
      ...STAGES.asking(stage, key),
    ],
  },

  unlock: {
    asking: (stage, key) =>
      [...code(), now.code && h("p", {}, t("unlock.text")), ...STAGES.asking(stage, key)].filter(Boolean),
    working: (stage) =>
      stage.step === "confirming"
        ? [
            h("h2", {}, t("unlock.waiting")),
            ...code(),
            h("p", {}, t("unlock.waitingText")),
            h("div", { class: "buttons" }, button(t("ask.stop"), stop)),
          ]
        : STAGES.working(stage),
  },

  inspect: {
    // A locked key proves nothing; what is on it can be read all the same.
    asking: (stage, key) =>
      key?.tries === "locked"
        ? [
            stage.trouble && trouble(stage.trouble),
            h("p", {}, t("ask.locked")),
            h(
              "div",
              { class: "buttons" },
              button(t("ask.read"), () => answer({ serial: key.serial }), { class: "main", "data-first": true }),
              button(t("ask.stop"), stop),
            ),
          ].filter(Boolean)
        : STAGES.asking(stage, key),
  },

  enrol: {
    asking: (stage) =>
      [
        stage.trouble && trouble(stage.trouble),
        h("p", {}, t("enrol.text")),
        h(
          "div",
          { class: "buttons" },
          button(t("enrol.go", now), () => answer({ serial: "" }), { class: "main", "data-first": true }),
          button(t("ask.stop"), stop),
        ),
      ].filter(Boolean),
    done: () => [h("h2", {}, t("done.title")), h("p", {}, t("enrol.done", now)), ...ended()],
  },

  make: {
    asking: (stage, key) => {
      const { making } = now;
      const wrong = stage.trouble && trouble(stage.trouble);
      if (making.serial) {
        return [wrong, ...inHand(making, key)].filter(Boolean);
      }
      const go =
        key && button(t("make.go", key), () => answer({ serial: key.serial }), { class: "main", "data-first": true });
      return [
        wrong,
        h("p", {}, t(key ? "make.text" : next(making))),
        h("div", { class: "buttons" }, ...[go, button(t("make.stop"), stop)].filter(Boolean)),
      ].filter(Boolean);
    },
    working: (stage) => [
      ...STAGES.working(stage),
      now.making.finishing
        ? h("p", { class: "quiet" }, t("make.finishing"))
        : h("div", { class: "buttons" }, button(t("make.finish"), stop)),
    ],
    done: () => [
      h("h2", {}, t("done.title")),
      h("p", {}, now.making.made == null ? t("make.of", now.making) : t("make.madeOf", now.making)),
      ...ended(),
    ],
  },
};

const REASONS = ["key_fails", "no_room", "self_test", "interrupted", "damaged"];

/** The key that was begun: on with it, or give it up. */
function inHand(making, key) {
  const reason = h(
    "select",
    { id: "scrap" },
    ...REASONS.map((one) => h("option", { value: one, selected: one === making.scrap }, t(`scrap.${one}`))),
  );
  const goOn = key && button(t("make.goOn", making), () => answer({ serial: making.serial }), { class: "main" });
  const giveUp = button(t("make.scrap", making), async () => {
    if (await sure(t("make.scrapTitle", making), t("make.scrapText", making), t("make.scrapYes"), t("make.scrapNo"))) {
      answer({ serial: making.serial, scrap: reason.value });
    }
  });
  return [
    key ? null : h("p", {}, t("make.waitingFor", making)),
    making.finishing ? h("p", { class: "quiet" }, t("make.finishing")) : null,
    goOn && h("div", { class: "buttons" }, goOn),
    h("div", { class: "field" }, h("label", { for: "scrap" }, t("make.reason")), reason),
    h("div", { class: "buttons" }, giveUp, button(t("make.stop"), stop)),
  ].filter(Boolean);
}

/** What a maker does when no key is chosen: with several that fit they choose, without one they plug one in. */
function next(making) {
  if (now.keys.some((one) => !one.trouble)) {
    return "make.choose";
  }
  return making.onto_made ? "make.waitingMade" : "make.waiting";
}

function answer(message) {
  clearTimeout(polling);
  // Drawn anew whatever comes back.
  shown.delete("stage");
  call("answer", message).then(operation).catch(failed);
}

function ended() {
  return [
    h("p", { class: "quiet" }, t("end.operation", now)),
    h("div", { class: "buttons" }, button(t("end.check"), stop, { "data-first": true })),
  ];
}

function stop() {
  call("stop").then(operation).catch(failed);
}

/** What is wrong with what was typed, before a try is spent on it. */
function faulty(key, inputs, typed) {
  const short = inputs.some((input) => {
    const length = new TextEncoder().encode(input.secret()).length;
    return length < key.pin.min || length > key.pin.max;
  });
  if (short) {
    return trouble({ code: "pin_length", ...key.pin });
  }
  if (typed("new") !== typed("again")) {
    return h("div", { class: "trouble", role: "alert" }, h("p", { class: "what" }, t("ask.differs")));
  }
  if (typed("new") && weak(typed("new"), key.serial)) {
    return trouble({ code: "pin_weak" });
  }
  return null;
}

/** Is a PIN one of those that are guessed first? As the agent looks at it, which decides. */
function weak(pin, serial) {
  const codes = [...new TextEncoder().encode(pin)];
  const steps = (by) => codes.every((code, at) => at === 0 || code - codes[at - 1] === by);
  return [0, 1, -1].some(steps) || serial.toLowerCase().includes(pin.toLowerCase());
}

/** Asks once more before the last try. */
function lastTry(key) {
  return sure(t("ask.lastTitle"), t("ask.lastText", key), t("ask.lastYes"), t("ask.lastNo"));
}

/** Asks once more. */
function sure(title, text, yes, no) {
  return new Promise((resolve) => {
    const dialog = h(
      "dialog",
      { role: "alertdialog", "aria-labelledby": "last-title", onclose: () => end(dialog.returnValue === "yes") },
      h("h2", { id: "last-title" }, title),
      h("p", {}, text),
      h(
        "div",
        { class: "buttons" },
        button(no, () => dialog.close(), { class: "main", autofocus: true }),
        button(yes, () => dialog.close("yes")),
      ),
    );
    const end = (said) => {
      dialog.remove();
      resolve(said);
    };
    document.body.append(dialog);
    dialog.showModal();
  });
}

const BULLET = "•";

/**
 * A field for a PIN that no browser and no extension can keep. It is a password field, so input methods and spell
 * checkers keep off it and nobody reads over a shoulder; but what is typed never becomes its value. Each change is taken
 * before it happens, kept here, and shown as a bullet. So there is nothing to save or to fill in, and with
 * `one-time-code`, no form and no name the browser does not offer it either.
 */
function pinField(name, key, enter, first) {
  let secret = "";
  const id = `pin-${name}`;
  const bullets = () => BULLET.repeat(secret.length);
  const put = (text, caret) => {
    secret = text;
    input.value = bullets();
    input.setSelectionRange(caret, caret);
  };
  const input = h("input", {
    id,
    type: "password",
    autocomplete: "one-time-code",
    autocapitalize: "off",
    spellcheck: "false",
    "aria-describedby": `${id}-rule`,
    "data-first": first,
    onbeforeinput: (event) => {
      event.preventDefault();
      let { selectionStart: from, selectionEnd: to } = input;
      const kind = event.inputType;
      if (kind.startsWith("insert")) {
        const text = (event.data ?? event.dataTransfer?.getData("text/plain") ?? "").replace(/[\r\n]/g, "");
        put(secret.slice(0, from) + text + secret.slice(to), from + text.length);
      } else if (kind.startsWith("delete")) {
        const one = kind.startsWith("deleteContent");
        if (from === to && kind.endsWith("Backward")) {
          from = one ? Math.max(0, from - 1) : 0;
        } else if (from === to && kind.endsWith("Forward")) {
          to = one ? to + 1 : secret.length;
        }
        put(secret.slice(0, from) + secret.slice(to), from);
      }
    },
    // Where a change was not announced: what came is taken out of the field at once.
    oninput: () => {
      if (input.value !== bullets()) {
        const text = input.value.includes(BULLET) ? "" : input.value;
        put(text, text.length);
      }
    },
    onkeydown: (event) => {
      if (event.key === "Enter" && !event.isComposing) {
        enter();
      }
    },
  });
  const node = h(
    "div",
    { class: "field" },
    h("label", { for: id }, t(`ask.${name}`)),
    input,
    h("div", { class: "quiet", id: `${id}-rule` }, t("ask.length", key.pin)),
  );
  return { name, node, secret: () => secret, clear: () => put("", 0) };
}

// ---------------------------------------------------------------- the self-check

async function check() {
  clearTimeout(polling);
  shown.clear();
  show(() => main.replaceChildren(h("section", { "aria-live": "polite" }, h("p", {}, t("check.running")))));
  try {
    const found = await call("check");
    show(() => main.replaceChildren(...checked(found)));
  } catch (error) {
    failed(error);
  }
}

function checked({ lines, log, report }) {
  const bad = lines.filter((line) => line.trouble).length;
  const copied = h("p", { class: "quiet", role: "status" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(report);
      copied.textContent = t("check.copied");
    } catch {
      copied.textContent = t("check.notCopied");
    }
  };
  return [
    h(
      "section",
      {},
      h("h1", {}, t("check.title")),
      h("p", {}, t("check.hint")),
      h("p", { role: "status" }, bad ? t("check.someBad", { count: bad }) : t("check.allGood")),
      h("ul", {}, ...lines.map(checkLine)),
      h("div", { class: "buttons" }, button(t("check.again"), check, { class: "main" }), button(t("check.copy"), copy)),
      copied,
      h("details", {}, h("summary", {}, t("check.report")), h("pre", { tabindex: 0 }, report)),
      h("details", {}, h("summary", {}, t("check.log")), h("pre", { tabindex: 0 }, log.join("\n") || t("check.noLog"))),
    ),
  ];
}

function checkLine({ item, fact, trouble: wrong }) {
  const standing = wrong ? "bad" : fact ? "good" : "unknown";
  const said = fact && (fact.kind === "text" ? fact.text || t("fact.agent") : t(`fact.${fact.kind}`, fact));
  return h(
    "li",
    { "data-item": item, "data-standing": standing },
    h("span", { class: `standing ${standing}` }, t(`check.${standing}`)),
    h(
      "div",
      {},
      h("strong", {}, t(`item.${item}`)),
      said ? `　${said}` : null,
      wrong && h("div", { class: "what" }, t(`trouble.${wrong.code}`, wrong)),
      wrong && h("div", {}, t(`way.${wrong.code}`, wrong)),
    ),
  );
}

// ---------------------------------------------------------------- the beginning

const switcher = document.getElementById("language");

function speak() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = t("name");
  document.getElementById("name").textContent = t("name");
  switcher.textContent = t("other");
  switcher.lang = language === "zh" ? "en" : "zh-CN";
  draw();
}

switcher.addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  sessionStorage.setItem("language", language);
  speak();
});

/** With a ticket, what it asks for; without, what is under way; else the self-check. */
function begin() {
  const ticket = globalThis.takeTicket();
  shown.clear();
  clearTimeout(polling);
  return (ticket ? call("begin", { ticket }) : call("state")).then(operation).catch(failed);
}

addEventListener("sealkey-ticket", begin);
speak();
begin();
