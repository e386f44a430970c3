/** The pages about invoices, of the company and of the desks. */
import { order, session, staff } from "./fixtures";
import { file } from "./fixtures-file";
import * as own from "./fixtures-invoices";
import type { PageFixture } from "./pages";

const loggedIn = { "GET /api/session": session };
const one = `/api/orders/${own.ORDER}/invoices/1`;
const desk = (view: object) => ({ "GET /api/console/session": staff("finance"), "GET /api/console/invoices": view });
const shown = order("in_production");

export const pagesInvoices: PageFixture[] = [
  { name: "invoices", path: "/invoices", answers: { ...loggedIn, "GET /api/invoices": own.all } },
  {
    name: "invoices-empty",
    path: "/invoices",
    answers: { ...loggedIn, "GET /api/invoices": { invoices: [], cursor: null } },
  },
  { name: "invoice", path: `/invoices/${own.ORDER}/1`, answers: { ...loggedIn, [`GET ${one}`]: own.invoice() } },
  {
    name: "invoice-awaits-buyer",
    path: `/invoices/${own.ORDER}/1`,
    answers: { ...loggedIn, [`GET ${one}`]: own.invoice("awaiting_buyer") },
  },
  {
    name: "invoice-title-wanted",
    path: `/invoices/${own.ORDER}/1`,
    answers: { ...loggedIn, [`GET ${one}`]: own.invoice("title_wanted"), "GET /api/company": file() },
  },
  {
    name: "order-invoices",
    path: `/orders/${shown.id}`,
    answers: {
      ...loggedIn,
      [`GET /api/orders/${shown.id}`]: {
        ...shown,
        invoice: { kind: "electronic_ordinary", buyer: own.buyer, ask_special: true },
        invoices: [own.invoice("reversed"), own.invoice("with_service", { no: 2, amount: "280.00" })],
      },
      [`GET /api/orders/${shown.id}/history`]: { events: [] },
    },
  },
  { name: "console-invoices", path: "/console/invoices", answers: desk(own.needsYou) },
  { name: "console-invoices-held", path: "/console/invoices?queue=held", answers: desk(own.held) },
  {
    name: "console-invoices-empty",
    path: "/console/invoices?queue=under_way",
    answers: desk({ invoices: [], cursor: null }),
  },
];
