/** The shopping list as it is typed: what stands in it, what is added, and what becomes of it. No money here. */
import type {
  Address,
  CatalogView,
  DraftRequest,
  InvoiceKind,
  InvoiceTitleView,
  LineRequest,
  OrderView,
  Product,
  ProductKind,
  ReplacementReason,
  SavedAddress,
  SessionView,
  Urgency,
} from "../../api/schema";
import { isZero } from "../../design/format-money";

export interface LineFields {
  /** Which it is in the list, as long as it stands there. */
  uid: string;
  /** Its number in the draft on the server, which keeps its papers. */
  line: number | null;
  sku: string;
  quantity: number | null;
  seals: number | null;
  key_serial: string;
  reason: ReplacementReason | "";
  accept_loss: boolean;
}

export interface Fields extends Address {
  lines: LineFields[];
  urgency: Urgency;
  receive: string;
  branch: string;
  /** The saved address that is used; empty for the one that is typed. */
  addressId: string;
  /** The saved address that is being changed; empty when a new one is typed. */
  editingId: string;
  wantInvoice: boolean;
  invoiceKind: InvoiceKind;
  /** Is a special one asked for where only an ordinary one is automatic (R74)? */
  askSpecial: boolean;
  /** The title of the company's file; empty for the company itself. */
  titleId: string;
}

/** What somebody chose in the mall or beside a key: a product, or a kind of it, and maybe for which key. */
export interface Asked {
  sku: string | null;
  kind: string | null;
  key: string | null;
}

/** Where the list of a company is kept in the tab. */
export function listKey(company: string, storefront: string): string {
  return `list:${company}:${storefront}`;
}

/** Is a line of this kind about a key that the company has? */
export function namesKey(kind: ProductKind): boolean {
  return kind !== "new_key";
}

/** Is a key made for it, so that it can be made faster? */
export function makesKey(kind: ProductKind): boolean {
  return kind === "new_key" || kind === "replacement" || kind === "upgrade";
}

export function productOf(catalog: CatalogView, line: LineFields): Product | undefined {
  return catalog.products.find((product) => product.sku === line.sku);
}

export function isAlone(catalog: CatalogView, line: LineFields): boolean {
  const product = productOf(catalog, line);
  return product !== undefined && catalog.alone.includes(product.kind);
}

/** Does something that is sold alone stand beside something else (R37)? */
export function standsBesideOthers(catalog: CatalogView, lines: readonly LineFields[]): boolean {
  return lines.length > 1 && lines.some((line) => isAlone(catalog, line));
}

/** The speeds at which every key of the list can be made; the ordinary one alone where none is made. */
export function speeds(catalog: CatalogView, lines: readonly LineFields[]): Urgency[] {
  const made = lines.flatMap((line) => productOf(catalog, line) ?? []).filter(({ kind }) => makesKey(kind));
  return catalog.urgency_levels.filter(
    (level) => level === "none" || (made.length > 0 && made.every(({ surcharges }) => level in surcharges)),
  );
}

/** The surcharges that the keys of the list have at a speed, each once. */
export function surcharges(catalog: CatalogView, lines: readonly LineFields[], level: Urgency): string[] {
  const made = lines.flatMap((line) => productOf(catalog, line) ?? []).filter(({ kind }) => makesKey(kind));
  return [...new Set(made.flatMap((product) => product.surcharges[level] ?? []))];
}

function uid(lines: readonly LineFields[]): string {
  return String(Math.max(0, ...lines.map((line) => Number(line.uid))) + 1);
}

function newLine(lines: readonly LineFields[], sku: string, key: string): LineFields {
  return {
    uid: uid(lines),
    line: null,
    sku,
    quantity: 1,
    seals: 0,
    key_serial: key,
    reason: "",
    accept_loss: false,
  };
}

/**
 * Puts a product into the list. One that stands there already is not added again, so a reload adds nothing. Where an
 * order has one line only, the new one takes its place. Null when the list is full.
 */
export function added(fields: Fields, catalog: CatalogView, product: Product, key = ""): Fields | null {
  const about = namesKey(product.kind);
  const kindOf = (line: LineFields) => productOf(catalog, line)?.kind;
  const isThere = fields.lines.some((line) =>
    about ? kindOf(line) === product.kind && line.key_serial === key : line.sku === product.sku,
  );
  if (isThere) {
    return fields;
  }
  const unchosen = fields.lines.find((line) => about && kindOf(line) === product.kind && line.key_serial === "");
  if (unchosen) {
    return { ...fields, lines: fields.lines.map((line) => (line === unchosen ? { ...line, key_serial: key } : line)) };
  }
  const line = newLine(fields.lines, product.sku, key);
  if (catalog.max_lines === 1) {
    return { ...fields, lines: [line] };
  }
  return fields.lines.length >= catalog.max_lines ? null : { ...fields, lines: [...fields.lines, line] };
}

/** The product that somebody asked for, if it is on sale. */
export function askedProduct(catalog: CatalogView, { sku, kind }: Asked): Product | undefined {
  return catalog.products.find((product) => (sku === null ? product.kind === kind : product.sku === sku));
}

/** What a form begins with: a draft of the server, or nothing yet. */
export function beginning(
  catalog: CatalogView,
  { contact }: SessionView,
  book: readonly SavedAddress[],
  titles: readonly InvoiceTitleView[],
  draft?: OrderView,
): Fields {
  const receive = draft?.delivery.kind ?? catalog.delivery_kinds[0] ?? "courier_prepaid";
  const given = draft?.delivery.address;
  const invoiceKind = draft?.invoice?.kind ?? catalog.invoice_kinds[0] ?? "paper_ordinary";
  const askSpecial = draft?.invoice?.ask_special ?? false;
  const chosen = draft
    ? book.find(({ address }) => given && sameAddress(address, given))
    : (book.find((saved) => saved.is_default) ?? book[0]);
  return {
    lines:
      draft?.lines
        .filter((line) => (line.carried_from ?? null) === null)
        .map((line, place) => ({
          uid: String(place + 1),
          line: line.no,
          sku: line.product.sku,
          quantity: line.price.quantity,
          seals: line.seals,
          key_serial: line.key?.serial ?? "",
          reason: line.key?.reason ?? "",
          // A draft with a loss was saved because it was accepted.
          accept_loss: line.price.credit ? !isZero(line.price.credit.lost) : false,
        })) ?? [],
    urgency: draft?.urgency ?? "none",
    receive,
    branch: draft?.delivery.branch ?? (catalog.branches.length === 1 ? (catalog.branches[0]?.id ?? "") : ""),
    addressId: chosen?.id ?? "",
    editingId: "",
    name: given?.name ?? contact.name,
    mobile: given?.mobile ?? contact.mobile,
    province: given?.province ?? "",
    city: given?.city ?? "",
    district: given?.district ?? "",
    detail: given?.detail ?? "",
    wantInvoice: draft ? Boolean(draft.invoice) : catalog.invoice_by_default,
    invoiceKind,
    askSpecial,
    titleId: draft?.invoice?.buyer?.from ?? titleAtFirst(titles, { invoiceKind, askSpecial }),
  };
}

/** Does the invoice say more of its buyer than title and tax number (R13)? */
export function isSpecial({ invoiceKind, askSpecial }: Pick<Fields, "invoiceKind" | "askSpecial">): boolean {
  return askSpecial || invoiceKind === "paper_special" || invoiceKind === "electronic_special";
}

/** The title that is chosen at first; empty when none fits. */
export function titleAtFirst(
  titles: readonly InvoiceTitleView[],
  wanted: Pick<Fields, "invoiceKind" | "askSpecial">,
): string {
  const kind = isSpecial(wanted) ? "special" : "ordinary";
  const fitting = titles.filter((title) => title.kind === kind);
  return (fitting.find((title) => title.is_default) ?? fitting[0])?.id ?? "";
}

/** The chosen title, as long as it fits what is asked for; else the one chosen at first. */
export function fittingTitle(titles: readonly InvoiceTitleView[], fields: Fields): string {
  const chosen = titles.find(({ id }) => id === fields.titleId);
  const fits = chosen ? chosen.kind === "special" || !isSpecial(fields) : fields.titleId === "" && !isSpecial(fields);
  return fits && (chosen !== undefined || titleAtFirst(titles, fields) === "")
    ? fields.titleId
    : titleAtFirst(titles, fields);
}

export function sameAddress(one: Address, other: Address): boolean {
  return (["name", "mobile", "province", "city", "district", "detail"] as const).every(
    (field) => one[field] === other[field],
  );
}

/** The address that the list goes to. */
export function addressOf(fields: Fields, book: readonly SavedAddress[]): Address {
  const saved = book.find(({ id }) => id === fields.addressId)?.address;
  const { name, mobile, province, city, district, detail } = saved ?? fields;
  return {
    name: name.trim(),
    mobile: mobile.trim(),
    province: province.trim(),
    city: city.trim(),
    district: district.trim(),
    detail: detail.trim(),
  };
}

function requestOf(catalog: CatalogView, line: LineFields): LineRequest {
  const product = productOf(catalog, line);
  const about = product !== undefined && namesKey(product.kind);
  return {
    line: line.line,
    sku: line.sku,
    quantity: about ? 1 : (line.quantity ?? 0),
    seals: product?.seal_price && !about ? (line.seals ?? 0) : 0,
    key_serial: about && line.key_serial !== "" ? line.key_serial : null,
    reason: product?.kind === "replacement" && line.reason !== "" ? line.reason : null,
    accept_loss: line.accept_loss,
  };
}

export function request(catalog: CatalogView, fields: Fields, book: readonly SavedAddress[]): DraftRequest {
  const kind = catalog.delivery_kinds.find((known) => known === fields.receive) ?? "courier_prepaid";
  const isFetched = kind === "branch_pickup";
  return {
    storefront: catalog.storefront,
    lines: fields.lines.map((line) => requestOf(catalog, line)),
    urgency: fields.urgency,
    delivery: {
      kind,
      address: isFetched ? null : addressOf(fields, book),
      branch: isFetched && fields.branch !== "" ? fields.branch : null,
    },
    invoice: fields.wantInvoice
      ? {
          kind: fields.invoiceKind,
          title: fields.titleId === "" ? null : fields.titleId,
          ask_special: fields.askSpecial,
        }
      : null,
  };
}

/**
 * The lines that have a price as they stand, by their places in the list; the others wait for a key or a number. Asked
 * as if a loss was accepted: a preview buys nothing, and it is the preview that tells the loss.
 */
export function priced(catalog: CatalogView, lines: readonly LineFields[]): { place: number; line: LineRequest }[] {
  return lines.flatMap((line, place) => {
    const product = productOf(catalog, line);
    if (!product) {
      return [];
    }
    const asked = { ...requestOf(catalog, line), line: null, accept_loss: true };
    const { quantity, seals = 0 } = asked;
    const isWhole = Number.isInteger(quantity) && quantity >= 1 && quantity <= catalog.max_keys_per_line;
    const isComplete = namesKey(product.kind) ? asked.key_serial !== null : isWhole && seals <= quantity;
    // The reason of a replacement changes nothing about its price.
    return isComplete
      ? [{ place, line: product.kind === "replacement" ? { ...asked, reason: asked.reason ?? "damaged" } : asked }]
      : [];
  });
}
