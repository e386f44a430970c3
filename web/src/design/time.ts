/** Times as people read them: always those of Asia/Shanghai, where orders live. */
import type { Language } from "../i18n/language";
import { useLanguage } from "../i18n/language";

const ZONE = "Asia/Shanghai";

const formats: Record<Language, { time: Intl.DateTimeFormat; day: Intl.DateTimeFormat }> = {
  zh: make("zh-CN"),
  en: make("en-GB"),
};

function make(tag: string): { time: Intl.DateTimeFormat; day: Intl.DateTimeFormat } {
  const day = {
    timeZone: ZONE,
    year: "numeric",
    month: tag === "zh-CN" ? "2-digit" : "short",
    day: "2-digit",
  } as const;
  return {
    time: new Intl.DateTimeFormat(tag, { ...day, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
    day: new Intl.DateTimeFormat(tag, day),
  };
}

function format(timestamp: string, style: Intl.DateTimeFormat): string {
  const date = new Date(timestamp);
  return Number.isNaN(date.getTime()) ? timestamp : style.format(date);
}

export interface Times {
  /** Day and time to the minute. */
  time: (timestamp: string) => string;
  /** The day. */
  day: (timestamp: string) => string;
}

export function useTimes(): Times {
  const { time, day } = formats[useLanguage()];
  return { time: (timestamp) => format(timestamp, time), day: (timestamp) => format(timestamp, day) };
}

/** Minutes and seconds left, `12:05`; hours in front when there are any. Never below zero. */
export function formatLeft(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${String(h)}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}
