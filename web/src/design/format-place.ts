import type { Address } from "../api/schema";

/** Where an address is, from 省 to room, in one line; a part that is empty leaves no gap. */
export function formatPlace({ province, city, district, detail }: Omit<Address, "name" | "mobile">): string {
  return [province, city, district, detail].filter(Boolean).join(" ");
}
