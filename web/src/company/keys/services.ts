/** What can be bought for a key, and in words why not. */
import type { KeyService, KeyView, ProductKind } from "../../api/schema";
import { useTimes } from "../../design/time";
import { ordering } from "../../i18n/ordering";
import { useTexts } from "../../i18n/texts";
import { storefrontOf } from "../storefronts";

export function serviceOf(key: KeyView, kind: ProductKind): KeyService | undefined {
  return key.services.find((service) => service.kind === kind);
}

/** Where a service is ordered: in the storefront that the key came from. */
export function orderOf(key: KeyView, kind: ProductKind): string {
  return `${storefrontOf(key.storefront).form}?kind=${kind}&key=${encodeURIComponent(key.serial)}`;
}

/** What helps instead of a service that is not to be had for good; undefined when only time or nothing helps. */
export function insteadOf(
  key: KeyView,
  { kind, refused }: KeyService,
): "replacement" | "renewal" | "new_key" | undefined {
  const isOpen = (other: ProductKind) => {
    const service = serviceOf(key, other);
    return service !== undefined && !service.refused;
  };
  if (refused === "no_escrow") {
    return isOpen("replacement") ? "replacement" : "new_key";
  }
  if (refused === "expired") {
    // A renewal needs the PIN, so it helps nobody whose key is locked.
    return kind === "replacement" && isOpen("renewal") ? "renewal" : "new_key";
  }
  return refused === "too_late" || refused === "elsewhere" ? "new_key" : undefined;
}

/** Can its agent do something with it? One that has ended or does not count proves nothing any more. */
export function mayAsk(key: KeyView): boolean {
  return key.state === "active";
}

/** Is the reading of the time left all that an upgrade waits for (R36)? */
export function needsInspection(key: KeyView): boolean {
  const service = serviceOf(key, "upgrade");
  const read = key.inspection;
  return mayAsk(key) && service !== undefined && !service.refused && !(read && (read.used || read.fresh));
}

/**
 * Says why a service is not to be had for a key now, with the day on which it opens; undefined when it is. An upgrade
 * also waits for the remaining time, read by the agent (R36); a key that has ended has none left.
 */
export function useWhyNot(): (key: KeyView, service: KeyService) => string | undefined {
  const { form, keys } = useTexts(ordering);
  const { day, time } = useTimes();
  return (key, { kind, refused, opens_at, closes_at }) => {
    if (refused) {
      const at = refused === "too_late" ? closes_at : opens_at;
      return keys.refused[refused](at ? day(at) : keys.later);
    }
    if (kind !== "upgrade" || key.state === "expired") {
      return undefined;
    }
    const read = key.inspection;
    if (!read) {
      return form.inspect.none;
    }
    if (read.used) {
      return form.inspect.used;
    }
    return read.fresh ? undefined : form.inspect.old(time(read.at));
  };
}
