/**
 * What a maker's escrow file says: a serial number and an SO PIN in each line. What is wrong is told by line and field,
 * never by what stands there: it may be an SO PIN in the wrong column. The limits of `functions/production`.
 */

export interface EscrowedKey {
  /** Where it stands in the file, from 1. */
  line: number;
  serial: string;
  soPin: string;
}

export type Wrong =
  | "no_serial"
  | "bad_serial"
  | "no_pin"
  | "short_pin"
  | "long_pin"
  | "bad_pin"
  /** A spreadsheet made a number of it: 1.23E+15. */
  | "number_serial"
  | "number_pin"
  | "columns"
  | "quote"
  /** The same serial number with another SO PIN in `other`: nobody knows which one is right. */
  | "other_pin";

export interface BadLine {
  line: number;
  wrong: Wrong;
  other?: number;
}

export interface EscrowList {
  keys: EscrowedKey[];
  bad: BadLine[];
  /** Lines that only say again what one before them said. */
  repeated: number;
}

const SERIAL = /^[A-Za-z0-9-]{1,32}$/;
/** What can be typed and seen; a full-width character is a slip of an input method. */
const VISIBLE = /^[\x20-\x7e]+$/;
const NUMBER = /^\d+(\.\d+)?E\+\d+$/;
const SHORTEST = 6;
const LONGEST = 64;

const SERIAL_NAMES = /序列号|编号|serial|^sn$/i;
const PIN_NAMES = /so.?pin|管理(员)?(口令|密码|pin)|^pin$/i;

/** The fields of a line, quotes taken off; undefined when a quote has no end. */
function fieldsOf(text: string): string[] | undefined {
  const fields: string[] = [];
  const isSeparated = /[,;\t，；]/.test(text.replace(/"[^"]*"/g, ""));
  const next = isSeparated
    ? /\s*(?:"((?:[^"]|"")*)"\s*|([^,;\t，；"]*))(?:[,;\t，；]|$)/y
    : /\s*(?:"((?:[^"]|"")*)"|([^\s"]+))(?:\s+|$)/y;
  while (next.lastIndex < text.length) {
    const found = next.exec(text);
    if (!found) {
      return undefined;
    }
    fields.push(found[1]?.replaceAll('""', '"') ?? (found[2] ?? "").trim());
  }
  while (fields.length > 2 && fields.at(-1) === "") {
    fields.pop();
  }
  return fields;
}

/** Where the columns stand, as the first line names them; undefined when it names none. */
function heading(fields: readonly string[]): { serial: number; pin: number } | undefined {
  const pin = fields.findIndex((field) => PIN_NAMES.test(field));
  const serial = fields.findIndex((field, place) => place !== pin && SERIAL_NAMES.test(field));
  return serial >= 0 && pin >= 0 ? { serial, pin } : undefined;
}

function wrongIn(serial: string, pin: string): Wrong | undefined {
  if (serial === "") {
    return "no_serial";
  }
  if (NUMBER.test(serial)) {
    return "number_serial";
  }
  if (!SERIAL.test(serial)) {
    return "bad_serial";
  }
  if (pin === "") {
    return "no_pin";
  }
  if (NUMBER.test(pin)) {
    return "number_pin";
  }
  if (!VISIBLE.test(pin)) {
    return "bad_pin";
  }
  return pin.length < SHORTEST ? "short_pin" : pin.length > LONGEST ? "long_pin" : undefined;
}

/** Reads lines of "serial, SO PIN", or of a table whose first line names these two columns. */
export function escrowIn(text: string): EscrowList {
  const keys = new Map<string, EscrowedKey>();
  /** Serial numbers that came with two SO PINs, by the line that came first. */
  const disputed = new Map<string, number>();
  const bad: BadLine[] = [];
  let repeated = 0;
  let columns: { serial: number; pin: number } | undefined;
  let isFirst = true;
  for (const [place, row] of text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\r|\n/)
    .entries()) {
    const line = place + 1;
    if (row.replace(/[\s,;，；]/g, "") === "") {
      continue;
    }
    const fields = fieldsOf(row);
    if (isFirst) {
      isFirst = false;
      columns = fields && heading(fields);
      if (columns) {
        continue;
      }
    }
    if (!fields) {
      bad.push({ line, wrong: "quote" });
      continue;
    }
    if (!columns && fields.length > 2) {
      bad.push({ line, wrong: "columns" });
      continue;
    }
    const serial = (fields[columns?.serial ?? 0] ?? "").normalize("NFKC").trim();
    const soPin = fields[columns?.pin ?? 1] ?? "";
    const wrong = wrongIn(serial, soPin);
    if (wrong) {
      bad.push({ line, wrong });
      continue;
    }
    const known = keys.get(serial);
    const first = disputed.get(serial) ?? known?.line;
    if (first === undefined) {
      keys.set(serial, { line, serial, soPin });
    } else if (known?.soPin === soPin) {
      repeated += 1;
    } else {
      if (known) {
        keys.delete(serial);
        disputed.set(serial, first);
        bad.push({ line: first, wrong: "other_pin", other: line });
      }
      bad.push({ line, wrong: "other_pin", other: first });
    }
  }
  return { keys: [...keys.values()], bad: bad.sort((one, other) => one.line - other.line), repeated };
}

/** Larger is no list of keys. */
const MOST_BYTES = 1_000_000;

export type Unreadable = "workbook" | "large" | "binary";

/** The text of a file as spreadsheets store it, or why it is none. */
export async function textOf(file: File): Promise<{ text: string } | { unreadable: Unreadable }> {
  if (file.size > MOST_BYTES) {
    return { unreadable: "large" };
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  const begins = (...with_: number[]) => with_.every((byte, place) => bytes[place] === byte);
  // A zip, or what older workbooks are.
  if (begins(0x50, 0x4b) || begins(0xd0, 0xcf, 0x11, 0xe0)) {
    return { unreadable: "workbook" };
  }
  if (begins(0xff, 0xfe)) {
    return { text: new TextDecoder("utf-16le").decode(bytes) };
  }
  if (bytes.includes(0)) {
    return { unreadable: "binary" };
  }
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    // What a Chinese spreadsheet calls CSV.
    return { text: new TextDecoder("gb18030").decode(bytes) };
  }
}
