/** Answers of the API about making keys: desks, blank keys, operations at a desk. Never part of the site. */
import type {
  DeskList,
  DeskView,
  LineSeals,
  OperationView,
  ProductionView,
  StockKeyView,
  StockView,
  TicketView,
  UnitView,
} from "../api/schema";
import { production } from "./fixtures";
import * as agent from "./fixtures-agent";

export const { ADDRESS, OPERATION } = agent;
export const DESK = "dk_01hzzzzzzzzzzzzzzzzzzzzzz1";

/** The keys of a line are made; offered a minute ago. */
export function making(more: Partial<OperationView> = {}): OperationView {
  return agent.operation({ verb: "make", key_serial: null, ...more });
}

const about = { version: "0.1.0", system: "linux x86_64" };
export const ticket: TicketView = { operation: making(), address: ADDRESS };
export const claimed = making({ state: "claimed", agent: about, desk: DESK });
export const done = making({ ...claimed, state: "done", ended_at: "2026-11-21T01:40:00Z" });
export const givenUp = making({ ...claimed, state: "rolled_back", ended_at: "2026-11-21T01:40:00Z" });

export const enrolling = making({ verb: "enrol" });
export const enrolment: TicketView = { operation: enrolling, address: ADDRESS };
export const enrolled = making({ ...done, verb: "enrol" });

export function unit(no: number, state: UnitView["state"], more: Partial<UnitView> = {}): UnitView {
  const isBegun = state !== "waiting";
  return {
    no,
    state,
    certificate_serial: isBegun ? `5a1f0c3e9b7d2846a1b2c3d4e5f6070${String(no)}` : null,
    not_after: isBegun ? "2027-11-22T15:59:59Z" : null,
    key_serial: isBegun ? `BJ2026110000${String(no)}` : null,
    attempt: 1,
    ...more,
  };
}

export function line(...units: UnitView[]): ProductionView {
  return { ...production, row: { ...production.row, quantity: units.length }, units };
}

export const waiting = line(unit(1, "waiting"), unit(2, "waiting"));
export const halfMade = line(
  unit(1, "made"),
  unit(2, "writing", { attempt: 2, certificate_serial: null, not_after: null }),
  unit(3, "waiting"),
);
export const finished: ProductionView = {
  ...line(unit(1, "made"), unit(2, "made"), unit(3, "made")),
  row: { ...production.row, quantity: 3, stage: "BookShipment" },
};

export function stockKey(serial: string, more: Partial<StockKeyView> = {}): StockKeyView {
  return {
    serial,
    medium: "bjca",
    state: "blank",
    added_at: "2026-11-20T01:30:00Z",
    unit: null,
    scrapped_for: null,
    since: "2026-11-20T01:30:00Z",
    ...more,
  };
}

export const stock: StockView = {
  counts: [
    { medium: "cpp", blank: 4 },
    { medium: "bjca", blank: 38 },
  ],
  keys: [stockKey("BJ20261100101"), stockKey("BJ20261100102"), stockKey("BJ20261100103")],
  cursor: "BJ20261100103",
};

export const used: StockView = {
  ...stock,
  keys: [
    stockKey("BJ20261100001", {
      state: "used",
      unit: { order: "202611210935190042", line: 1, unit: 1, attempt: 1 },
      since: "2026-11-21T01:30:00Z",
    }),
    stockKey("BJ20261100002", {
      state: "used",
      unit: { order: "202611210935190042", line: 2, unit: 3, attempt: 2 },
      since: "2026-11-21T01:35:00Z",
    }),
  ],
  cursor: null,
};

export const scrapped: StockView = {
  counts: stock.counts,
  keys: [
    stockKey("BJ20261100009", { state: "scrapped", scrapped_for: "damaged" }),
    stockKey("BJ20261100010", {
      state: "scrapped",
      unit: { order: "202611210935190042", line: 1, unit: 2, attempt: 1 },
    }),
  ],
  cursor: null,
};

export function desk(more: Partial<DeskView> = {}): DeskView {
  return {
    id: DESK,
    name: "制证室 1 号",
    system: "linux x86_64",
    enrolled_by: "王管理",
    enrolled_at: "2026-11-20T01:30:00Z",
    dismissed_at: null,
    ...more,
  };
}

export const desks: DeskList = {
  desks: [
    desk(),
    desk({ id: "dk_01hzzzzzzzzzzzzzzzzzzzzzz2", name: "制证室旧电脑", dismissed_at: "2026-11-21T01:00:00Z" }),
  ],
};

/** A red stamp, transparent beside its lines: 120 points wide. */
const STAMP_PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAHgAAAB4AQMAAAADqqSRAAAABlBMVEUAAADIFB7uepQBAAAAAnRSTlMA/1uRIrUAAAGYSURBVHjavZXNccMgEIXFcOBICZRCK+kESlMHaUEdhKMPGhPE7sLqYY9zimZs6bNh9djfbfvT5WvRaGqtWXFo/FBcr2ui7bzflusNqT2H+lTWu408tpcuYR9icl8lkgLtTGKQH4IYrEe/uSrm8+1uRSm/wJ3MkfYFscsP/PNYGEWXJU6i25CA6Yiqfh0r7Tm4W3LTL+F6k5ue94d8sYAii5ivrWH62V4cZ6DMqeWxlKTi9uTPELiyORU32wvrPAiZNGyGDtG02f7kif3Ox4tFDuj6cTi2jtlM9vL/FznA9+Omsl0rrHAsXccLJveE0t3exIVMKeWucxphV7+Bf6rmQPndOA7O3TmRHMEFQmz2VCm9ie2jcVFcpZ4Ub//J6fZ+A/rMHqd+OC/6Q/yFjP70wjvlg+N4eInP40M8Jd4Hx59r5WX+aIZ8w3zEfMV8/pT/n+pnqTesR6xXrGesd+wH2C+wn2C/wX6E/WrpZ9jvsB9iv8R+iv0W+zH266WfY7/HeYDzAucJzptlHuG8wnm2zDuchzgv31+/c7t/Y9RbQoYAAAAASUVORK5CYII=";

/** The e-seals of a line: of the first key it is on the key already when `made`. */
export function seals(made: boolean): LineSeals {
  const sha256 = "5e".repeat(32);
  const size = { width: 420, height: 420 };
  return {
    pictures: [{ sha256, png: STAMP_PNG }],
    seals: [
      { unit: 1, picture: sha256, size, standing: made ? "good" : null },
      { unit: 2, picture: sha256, size, standing: null },
    ],
  };
}

/** An escrow file: line 4 has no SO PIN, lines 6 and 7 differ, line 8 says line 2 again. */
export const escrowFile = [
  "序列号,SO PIN",
  "BJ20240100001,Escrow-0001",
  "BJ20240100002,Escrow-0002",
  "BJ20240100003,",
  "BJ20240100004,Escrow-0004",
  "BJ20240100005,Escrow-0005",
  "BJ20240100005,Escrow-0006",
  "BJ20240100001,Escrow-0001",
].join("\n");
