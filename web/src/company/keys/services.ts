/** What can be bought for a key, and in words why not. */
import type { KeyService, KeyView, ProductKind } from "../../api/schema";
import { useTimes } from "../../design/time";
import { ordering } from "../../i18n/ordering";
import { useTexts } from "../../i18n/texts";

export function serviceOf(key: KeyView, kind: ProductKind): KeyService | undefined {
  return key.services.find((service) => service.kind === kind);
}

/**
 * Says why a service is not to be had for a key now, with the day on which it opens; undefined when it is. An upgrade
 * also waits for the remaining time, read by the local helper (R36); a key that has ended has none left.
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
