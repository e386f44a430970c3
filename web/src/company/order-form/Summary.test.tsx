import { cleanup, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";

import type { PromiseView } from "../../api/schema";
import { catalog, quote, session } from "../../testing/fixtures";
import { beginning, type Fields } from "./list";
import { Summary } from "./Summary";

const fields = beginning(catalog, session, [], []);

function summary(promise: PromiseView | undefined, more: Partial<Fields>) {
  cleanup();
  render(
    <Summary
      catalog={catalog}
      fields={{ ...fields, ...more }}
      prices={{
        lines: new Map(),
        refusals: new Map(),
        total: quote.total,
        promise,
        isAsked: true,
        isFetching: false,
        error: null,
        retry: () => undefined,
      }}
    />,
  );
}

// covers: R8, R9
test("when it would be with the courier stands beside the price, before anything is paid", () => {
  const said = () => screen.getByTestId("promise");
  summary(quote.promise ?? undefined, { urgency: "half_day" });
  expect(said()).toHaveTextContent("现在审核通过的，最晚 2026/11/23 17:30 制作完成并交快递。");
  expect(said()).toHaveTextContent("现在提交的资料，最晚 2026/11/23 11:00 审核。");
  expect(said()).toHaveTextContent("未按时交出的，加急费自动原路退回");
  summary(quote.promise ?? undefined, { receive: "branch_pickup" });
  expect(said()).toHaveTextContent("现在审核通过的，最晚 2026/11/23 17:30 制作完成并送到网点。");
  expect(said()).not.toHaveTextContent("退回");
  summary(undefined, {});
  expect(screen.queryByTestId("promise")).toBeNull();
});
