/** Every rule of a storefront in words, one row each, for all storefronts at once. */
import type { StorefrontPolicy } from "../../api/schema";
import { common } from "../../i18n/common";
import { orderTexts } from "../../i18n/order";
import { ordersDeskTexts } from "../../i18n/orders-desk";
import { useTexts } from "../../i18n/texts";

export interface Rule {
  name: string;
  /** What it says at each storefront, in the order of the policies. */
  said: readonly string[];
  differs: boolean;
}

export interface RuleSection {
  name: string;
  rules: readonly Rule[];
}

/** The names that any of the storefronts has something to say about, each once. */
function named(policies: readonly StorefrontPolicy[], of: (policy: StorefrontPolicy) => object): string[] {
  return [...new Set(policies.flatMap((policy) => Object.keys(of(policy))))];
}

export function useRules(): (policies: readonly StorefrontPolicy[]) => RuleSection[] {
  const texts = useTexts(common);
  const order = useTexts(orderTexts);
  const { policies: words } = useTexts(ordersDeskTexts);
  const list = <T extends string>(names: Readonly<Record<T, string>>, all: readonly T[]) =>
    all.map((one) => names[one]).join(texts.list) || words.nothing;
  const allowed = (is: boolean) => (is ? words.allowed : words.notAllowed);
  const yes = (is: boolean) => (is ? words.yes : words.no);
  const long = (minutes: number) => (minutes % 60 === 0 ? words.hours(minutes / 60) : words.minutes(minutes));
  const clock = (time: string) => time.slice(0, 5);
  const display: Readonly<Record<string, string | undefined>> = order.display;

  return (policies) => {
    const rule = (name: string, say: (policy: StorefrontPolicy) => string): Rule => {
      const said = policies.map(say);
      return { name, said, differs: new Set(said).size > 1 };
    };
    const { section, row } = words;
    const sections: RuleSection[] = [
      {
        name: section.products,
        rules: [
          rule(row.kinds, ({ kinds }) => list(order.kind, kinds)),
          rule(row.alone, ({ alone }) => list(order.kind, alone)),
          rule(row.maxLines, ({ max_lines }) => String(max_lines)),
          rule(row.maxKeys, ({ max_keys_per_line }) => String(max_keys_per_line)),
          rule(row.seals, () => words.sealsRule),
          rule(row.renewal, ({ renewal_window: { days_before, days_after } }) =>
            words.renewalWindow(days_before, days_after),
          ),
          rule(row.reminders, ({ renewal_reminders }) =>
            renewal_reminders.length > 0 ? words.reminders(renewal_reminders.join(" / ")) : words.noReminders,
          ),
        ],
      },
      {
        name: section.payment,
        rules: [
          rule(row.methods, ({ payment_methods }) => list(order.method, payment_methods)),
          rule(row.confirm, ({ confirm_payment }) => yes(confirm_payment)),
          rule(row.window, ({ payment_window_minutes }) => long(payment_window_minutes)),
          rule(row.qr, ({ qr_minutes }) => long(qr_minutes)),
          rule(row.withdraw, ({ withdraw_unpaid }) => allowed(withdraw_unpaid)),
          rule(row.cancel, ({ cancel_paid }) => words.cancel[cancel_paid]),
        ],
      },
      {
        name: section.materials,
        rules: [
          rule(row.materials, ({ materials }) => words.materials[materials]),
          rule(row.rejection, ({ on_rejection }) => words.rejection[on_rejection]),
          rule(row.maxPages, ({ max_pages_per_paper }) => String(max_pages_per_paper)),
        ],
      },
      {
        name: section.delivery,
        rules: [
          rule(row.urgency, ({ urgency_levels }) => list(texts.urgency, urgency_levels)),
          rule(row.desk, ({ calendar }) => `${clock(calendar.opens)}–${clock(calendar.closes)}`),
          rule(row.sameDay, ({ calendar }) => clock(calendar.cut_off)),
          rule(row.holidays, ({ calendar }) => calendar.holidays.join(", ") || words.no),
          rule(row.worked, ({ calendar }) => calendar.worked.join(", ") || words.no),
          rule(row.delivery, ({ delivery_kinds }) => list(order.delivery, delivery_kinds)),
          rule(row.receipt, ({ receipt_days }) => (receipt_days ? words.receiptDays(receipt_days) : words.noReceipt)),
        ],
      },
      {
        name: section.invoice,
        rules: [
          rule(row.invoices, ({ invoice_kinds }) => list(texts.invoice, invoice_kinds)),
          rule(row.invoiceDefault, ({ invoice_by_default }) => yes(invoice_by_default)),
        ],
      },
      {
        name: section.states,
        rules: named(policies, ({ shown_as }) => shown_as).map((state) =>
          rule(display[state] ?? state, ({ shown_as }) => {
            const shown = shown_as[state] ?? state;
            return display[shown] ?? shown;
          }),
        ),
      },
      {
        name: section.notices,
        rules: [
          // All that this page knows, in order, also those that no storefront sends; then any newer ones.
          ...new Set([...Object.keys(words.notice), ...named(policies, ({ notices }) => notices)]),
        ]
          .map((notice) =>
            rule(words.notice[notice] ?? notice, ({ notices }) => {
              const channels = notices[notice] ?? [];
              return channels.length === 0 ? words.noNotice : list(words.channel, channels);
            }),
          )
          .concat(rule(words.pickupChannels, ({ pickup_channels }) => list(words.channel, pickup_channels))),
      },
    ];
    return sections.filter(({ rules }) => rules.length > 0);
  };
}
