/** What comes next for an order, in words that fit its plan. */
import type { OrderView } from "../../api/schema";
import type { orderPage } from "../../i18n/order-page";
import { chosenLines, isMixed, needsPapers } from "./steps";

type Words = (typeof orderPage)["zh"];

/** `branch` is the name of the branch where it is fetched. */
export function nextWords(order: OrderView, words: Words, branch = words.branch): string {
  const { display, urgency, delivery } = order;
  const lines = chosenLines(order);
  const shown = lines.find((line) => line.display === display) ?? lines[0];
  const mixed = isMixed(order);
  const collect = delivery.kind === "courier_collect";
  switch (display) {
    case "draft":
      return order.lines.some(needsPapers) ? words.draftMissing : words.nextWords.draft;
    case "awaiting_payment":
    case "submitted":
      return mixed
        ? words.payThen.mixed
        : shown?.plan.make === "agent"
          ? words.payThen.agent
          : words.nextWords[shown?.plan.materials === "before_submit" ? "submitted" : "awaiting_payment"];
    case "under_review":
      return urgency !== "none"
        ? words.urgentReview
        : shown?.plan.on_rejection === "refund_to_draft"
          ? words.reviewStrict
          : words.nextWords.under_review;
    case "in_production":
      return urgency !== "none"
        ? words.urgentProduction[urgency]
        : collect
          ? words.producedCollect
          : words.nextWords.in_production;
    case "handling":
      return shown?.state === "ready_for_pickup" ? words.ready(branch) : words.handlingAt(branch);
    case "shipped":
      return collect ? words.shippedCollect : words.nextWords.shipped;
    case "completed":
      return mixed || shown?.plan.make === "agent"
        ? words.allDone
        : shown?.plan.handover === "branch"
          ? words.fetched
          : words.nextWords.completed;
    case "awaiting_materials":
    case "changes_requested":
    case "awaiting_agent":
    case "awaiting_receipt":
    case "refunding":
    case "refunded":
    case "cancelled":
      return words.nextWords[display];
  }
}
