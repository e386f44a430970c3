/** Words of how the time left on an old key becomes a sum. */
import type { Texts } from "./texts";

const zh = {
  title: "剩余年限折算",
  left: "剩余年限",
  carried: "转接到新介质",
  carriedValue: (span: string) => `${span}，作为 1 个续期商品，不收费`,
  carriedNone: "不满 1 年，全部折算为优惠",
  counted: "折算为优惠的部分",
  yearly: "续期价格",
  perYear: (money: string) => `${money} / 年`,
  worth: "折算金额",
  reckoning: (months: string, yearly: string) => `${months} × ${yearly} ÷ 12 个月`,
  months: (months: number) => `${String(months)} 个月`,
  monthsDays: (months: number, days: number, length: number) =>
    `（${String(months)} + ${String(days)} ÷ ${String(length)}）个月`,
  amount: "付款时优惠",
  lost: "超出商品价格、将作废的部分",
  withoutPin: "密钥已锁定，剩余年限未经密钥证明，由审核人员核实后生效。",
  span: {
    years: (years: number) => `${String(years)} 年`,
    months: (months: number) => `${String(months)} 个月`,
    days: (days: number) => `${String(days)} 天`,
    none: "0 天",
  },
};

const en: typeof zh = {
  title: "Credit for the time left",
  left: "Time left",
  carried: "Carried over to the new key",
  carriedValue: (span) => `${span}, as one renewal at no charge`,
  carriedNone: "Less than a year: all of it is credit",
  counted: "Part that is credited",
  yearly: "Price of renewal",
  perYear: (money) => `${money} per year`,
  worth: "Worth",
  reckoning: (months, yearly) => `${months} × ${yearly} ÷ 12 months`,
  months: (months) => (months === 1 ? "1 month" : `${String(months)} months`),
  monthsDays: (months, days, length) => `(${String(months)} + ${String(days)} ÷ ${String(length)}) months`,
  amount: "Taken off when you pay",
  lost: "Above the price, and lost",
  withoutPin: "The key was locked and proved nothing: a reviewer confirms the time left before it counts.",
  span: {
    years: (years) => (years === 1 ? "1 year" : `${String(years)} years`),
    months: (months) => (months === 1 ? "1 month" : `${String(months)} months`),
    days: (days) => (days === 1 ? "1 day" : `${String(days)} days`),
    none: "0 days",
  },
};

export const creditTexts: Texts<typeof zh> = { zh, en };
